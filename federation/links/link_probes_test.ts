import assert from "node:assert/strict";
import fc from "fast-check";
import { LinkProbes } from "./link_probes.ts";

Deno.test("without a reply nothing is known, and unknown loss is not 0", () => {
  const probes = new LinkProbes();
  assert.deepEqual([probes.rttMs, probes.lossPct(0)], [null, null]);
  probes.send(0);
  assert.deepEqual([probes.rttMs, probes.lossPct(1_999)], [null, null]);
  assert.deepEqual([probes.rttMs, probes.lossPct(2_000)], [null, 100]);
});

Deno.test("replies give the mean round trip and the share that is missing", () => {
  const probes = new LinkProbes();
  const [a, , c] = [probes.send(0), probes.send(1_000), probes.send(2_000)];
  assert(probes.reply(a!, 10));
  assert(probes.reply(c!, 2_030));
  assert.equal(probes.rttMs, 20);
  assert.equal(probes.lossPct(2_999), 0);
  assert.equal(probes.lossPct(4_000), 100 / 3);
});

Deno.test("a reply counts once, and one that nobody asked for never", () => {
  const probes = new LinkProbes();
  const seq = probes.send(0);
  assert(!probes.reply(seq + 1, 1));
  assert(probes.reply(seq, 1));
  assert(!probes.reply(seq, 500));
  assert.equal(probes.rttMs, 1);
});

Deno.test("only the last 60 count", () => {
  const probes = new LinkProbes();
  const first = probes.send(0);
  for (let second = 1; second <= 60; second++) {
    assert(probes.reply(probes.send(second * 1_000), second * 1_000 + 5));
  }
  assert(!probes.reply(first, 60_000));
  assert.deepEqual([probes.rttMs, probes.lossPct(100_000)], [5, 0]);
});

Deno.test("whatever comes back, loss is a share and the round trip is not negative", () => {
  const step = fc.record({ wait: fc.nat(3_000), reply: fc.option(fc.nat(80)) });
  fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
    const probes = new LinkProbes();
    let now = 0;
    for (const { wait, reply } of steps) {
      now += wait;
      if (reply === null) probes.send(now);
      else probes.reply(reply, now);
      const [rtt, loss] = [probes.rttMs, probes.lossPct(now)];
      assert(rtt === null || rtt >= 0 && rtt <= now);
      assert(loss === null || loss >= 0 && loss <= 100);
    }
  }));
});
