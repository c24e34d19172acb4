import assert from "node:assert/strict";
import fc from "fast-check";
import { type PacketLimits, PacketRate } from "./packet_rate.ts";

const LIMITS: PacketLimits = { packetsPerSecond: 200, bytesPerSecond: 32_000 };

/** Packets that passed of `count` at a steady rate. */
function passed(perSecond: number, length: number, seconds: number, limits = LIMITS): number {
  const rate = new PacketRate(limits, 0);
  let count = 0;
  for (let i = 0; i < perSecond * seconds; i++) {
    if (rate.take(length, (i * 1000) / perSecond, limits)) count += 1;
  }
  return count;
}

Deno.test("honest voice never meets the limit", () => {
  assert.equal(passed(50, 200, 60), 3_000);
  assert.equal(passed(100, 300, 60), 6_000);
});

Deno.test("packets above the rate are held to it", () => {
  const count = passed(1_000, 20, 10);
  assert(count >= 2_000 && count <= 2_201, String(count));
});

Deno.test("bytes above the rate are held to it", () => {
  const count = passed(100, 1_000, 10);
  assert(count >= 319 && count <= 353, String(count));
});

Deno.test("after a pause one second's worth may come at once, and no more", () => {
  const rate = new PacketRate(LIMITS, 0);
  const burst = (now: number) => {
    let count = 0;
    while (rate.take(100, now, LIMITS)) count += 1;
    return count;
  };
  assert.equal(burst(0), 200);
  assert.equal(burst(500), 100);
  assert.equal(burst(60_000), 200);
});

Deno.test("a change of the limits counts at once", () => {
  const rate = new PacketRate(LIMITS, 0);
  const strict = { packetsPerSecond: 10, bytesPerSecond: 2_000 };
  let count = 0;
  while (rate.take(10, 0, strict)) count += 1;
  assert.equal(count, 10);
});

Deno.test("in any stretch of time no more passes than the burst and the rate allow", () => {
  const arrivals = fc.array(
    fc.record({ gap: fc.nat(200), length: fc.integer({ min: 1, max: 1_400 }) }),
    { maxLength: 400 },
  );
  fc.assert(fc.property(arrivals, (list) => {
    const rate = new PacketRate(LIMITS, 0);
    let now = 0;
    let packets = 0;
    let bytes = 0;
    for (const { gap, length } of list) {
      now += gap;
      if (!rate.take(length, now, LIMITS)) continue;
      packets += 1;
      bytes += length;
      assert(packets <= 200 * (1 + now / 1000) + 1e-6);
      assert(bytes <= 32_000 * (1 + now / 1000) + 1e-6);
    }
  }));
});
