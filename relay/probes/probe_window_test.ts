import assert from "node:assert/strict";
import fc from "fast-check";
import { ProbeWindow, WINDOW_PINGS } from "./probe_window.ts";

Deno.test("an empty window has lost nothing", () => {
  const window = new ProbeWindow();
  assert.deepEqual([window.lossPct, window.jitterMs, window.silence], [0, 0, 0]);
  assert.equal(window.pong(5, 0), null);
});

Deno.test("a ping counts as lost until it is answered, and is answered once", () => {
  const window = new ProbeWindow();
  assert.equal(window.ping(1_775_000_000_000, 10), 1_775_000_000_000);
  assert.deepEqual([window.lossPct, window.silence], [100, 1]);
  assert.equal(window.pong(1_775_000_000_000, 52.4), 42);
  assert.equal(window.pong(1_775_000_000_000, 60), null);
  assert.deepEqual([window.lossPct, window.jitterMs, window.silence], [0, 0, 0]);
  window.ping(1_775_000_001_000, 1_010);
  assert.deepEqual([window.lossPct, window.silence], [50, 1]);
});

Deno.test("jitter is the population standard deviation", () => {
  const window = new ProbeWindow();
  for (const [index, rtt] of [2, 4, 4, 4, 5, 5, 7, 9].entries()) {
    window.pong(window.ping(index, index * 1_000), index * 1_000 + rtt);
  }
  assert.equal(window.jitterMs, 2);
});

Deno.test("a pong that is older than the window, or from nobody, means nothing", () => {
  const window = new ProbeWindow();
  for (let i = 0; i <= WINDOW_PINGS; i++) window.ping(i, i);
  assert.equal(window.pong(0, 100), null);
  assert.equal(window.pong(1, 100), 99);
  assert.equal(window.pong(1_000, 100), null);
});

Deno.test("a wall clock that stands still or is set back gives no timestamp twice", () => {
  const window = new ProbeWindow();
  const stamps = [5, 5, 4, 5, 4, -9].map((wall, now) => window.ping(wall, now));
  assert.equal(new Set(stamps).size, stamps.length);
  assert.deepEqual(stamps, [5, 6, 4, 7, 8, 0]);
  assert.equal(window.pong(6, 100), 99);
});

Deno.test("the window agrees with sums over a list of all pings", () => {
  const step = fc.record({
    wait: fc.nat(2_000),
    /** Which of the pings so far is answered, counted from the newest. */
    answer: fc.option(fc.nat(70)),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
    const window = new ProbeWindow();
    const all: { at: number; rtt: number | null }[] = [];
    let now = 0;
    for (const { wait, answer } of steps) {
      now += wait + 1;
      window.ping(now, now);
      all.push({ at: now, rtt: null });
      now += 3;
      const ping = answer === null ? undefined : all.at(-1 - answer);
      if (ping !== undefined) {
        const open = answer! < 60 && ping.rtt === null;
        assert.equal(window.pong(ping.at, now), open ? now - ping.at : null);
        if (open) ping.rtt = now - ping.at;
      }
      const last = all.slice(-60);
      const rtts = last.map(({ rtt }) => rtt).filter((rtt) => rtt !== null);
      const mean = rtts.reduce((a, b) => a + b, 0) / rtts.length;
      const variance = rtts.reduce((a, b) => a + b * b, 0) / rtts.length - mean * mean;
      const jitter = rtts.length < 2 ? 0 : Math.sqrt(Math.max(0, variance));
      assert.equal(window.lossPct, 100 * (last.length - rtts.length) / last.length);
      assert(Math.abs(window.jitterMs - jitter) < 0.1, `${window.jitterMs} ${jitter}`);
      const answered = last.findLastIndex(({ rtt }) => rtt !== null);
      assert.equal(window.silence, last.length - 1 - answered);
    }
  }));
});
