import assert from "node:assert/strict";
import { QuicError, type QuicErrorCode } from "../../quic/errors.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type HandshakeResult, type Pongs, Prober, type ProbeTarget } from "./prober.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Milliseconds of each handshake in turn, an error, or one that never ends. */
type Script = (number | QuicErrorCode | "hangs")[];

function setUp(
  scripts: Record<string, Script>,
  options: { parallel?: number; pongs?: Pongs } = {},
) {
  const clock = new ManualClock();
  const events: string[] = [];
  const reached: string[] = [];
  const running = new Set<string>();
  let most = 0;
  const handshake = ({ addr }: ProbeTarget): Promise<HandshakeResult> => {
    const next = scripts[addr]!.shift() ?? "hangs";
    running.add(addr);
    most = Math.max(most, running.size);
    return new Promise((resolve, reject) => {
      const end = (run: () => void) => () => {
        running.delete(addr);
        run();
      };
      if (typeof next === "number") {
        clock.after(next, end(() => resolve({ rttMs: next, draining: false })));
      } else if (next !== "hangs") clock.after(1, end(() => reject(new QuicError(next, "no"))));
      else clock.after(1_700, () => running.delete(addr));
    });
  };
  const prober = new Prober({ handshake, clock, ...options });
  const run = async () => {
    let ended = false;
    const targets = Object.keys(scripts).map((addr) => ({ addr, pin: null }));
    prober.probe(targets, {
      measured: (addr, rttMs) => events.push(`${addr} ${rttMs}`),
      reached: (addr) => reached.push(addr),
      failed: (addr, problem) => events.push(`${addr} ${problem}`),
      finished: (addr, reached) => events.push(`${addr} ${reached ? "done" : "gone"}`),
    }).then(() => ended = true);
    while (!ended) {
      await settle();
      if (!ended) clock.advance(5);
    }
    return events;
  };
  return { clock, run, events, reached, most: () => most };
}

Deno.test("each relay is measured three times, one after the other, all relays at the same time", async () => {
  const { clock, run } = setUp({ a: [10, 20, 30], b: [5, 5, 5] });
  assert.deepEqual((await run()).toSorted(), [
    ...["a 10", "a 20", "a 30", "a done", "b 5", "b 5", "b 5", "b done"],
  ]);
  assert.ok(clock.now() < 90);
});

Deno.test("a relay that answers pings is measured by them alone, others by handshakes alone", async () => {
  const asked: (string | number)[] = [];
  const { run, reached } = setUp({ a: [40], b: [10, 11, 12], c: ["timeout"] }, {
    pongs: ({ addr }, { times, timeoutMs, onPong }) => {
      asked.push(addr, times, timeoutMs);
      if (addr === "a") [21, 20, 22].forEach(onPong);
      return Promise.resolve();
    },
  });
  const events = (await run()).toSorted();
  assert.deepEqual(events, [
    ...["a 20", "a 21", "a 22", "a done", "b 10", "b 11", "b 12", "b done", "c gone", "c silent"],
  ]);
  assert.deepEqual(reached, ["b", "a"]);
  // In the order of their handshakes; not asked again by who did not answer.
  assert.deepEqual(asked, ["b", 3, 260, "a", 3, 440]);
});

Deno.test("a dead relay costs its own time only, also when its handshake never ends", async () => {
  const { clock, run } = setUp({ dead: ["hangs"], a: [10, 10, 10] });
  const events = await run();
  assert.deepEqual(events.slice(-2), ["dead silent", "dead gone"]);
  assert.equal(events[3], "a done");
  assert.ok(clock.now() < 2_000);
});

Deno.test("a wrong certificate, a refusal and a machine without a way are told apart", async () => {
  const { run } = setUp({
    a: ["pin_mismatch"],
    b: ["handshake_failed"],
    c: ["cannot_bind"],
    d: ["timeout"],
  });
  const events = (await run()).filter((event) => !event.endsWith("gone"));
  assert.deepEqual(events.toSorted(), ["a certificate", "b refused", "c no_route", "d silent"]);
});

Deno.test("a packet lost after a relay has answered is no reason to doubt it, a wrong certificate is", async () => {
  const { run } = setUp({ a: [10, "timeout", 12], b: [10, "pin_mismatch"] });
  const events = await run();
  assert.deepEqual(events.filter((event) => event.startsWith("a")), ["a 10", "a 12", "a done"]);
  assert.deepEqual(events.filter((event) => event.startsWith("b")), [
    ...["b 10", "b certificate", "b gone"],
  ]);
});

Deno.test("no more than so many relays are measured at a time, and all of them in the end", async () => {
  const scripts = Object.fromEntries(
    Array.from({ length: 64 }, (_, i): [string, Script] => [`r${i}`, [5, 5, 5]]),
  );
  const { run, most } = setUp(scripts);
  const events = await run();
  assert.equal(most(), 8);
  assert.equal(events.filter((event) => event.endsWith("done")).length, 64);
});

Deno.test("sixty dead relays before one that lives do not hold it up", async () => {
  const scripts: Record<string, Script> = {};
  for (let i = 0; i < 60; i++) scripts[`dead${i}`] = ["hangs"];
  scripts["alive"] = [20, 20, 20];
  const { clock, run, events } = setUp(scripts);
  const running = run();
  while (!events.includes("alive 20")) await settle();
  const at = clock.now();
  await running;
  assert.ok(at < 1_300, `${at} ms`);
  assert.ok(clock.now() < 4_000, "and the dead ones are waited for together");
});

Deno.test("mistakes of ours are not hidden", async () => {
  const prober = new Prober({
    clock: new ManualClock(),
    handshake: () => Promise.reject(new TypeError("a mistake")),
  });
  const nobody = { measured: () => {}, failed: () => {} };
  await assert.rejects(prober.probe([{ addr: "a", pin: null }], nobody), TypeError);
});
