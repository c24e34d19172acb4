import assert from "node:assert/strict";
import fc from "fast-check";
import { PublishedRtts } from "./published_rtts.ts";

const measured = (rtts: Record<string, number>) => new Map(Object.entries(rtts));

Deno.test("the first figures are told, and small changes are not", () => {
  const published = new PublishedRtts();
  assert.equal(published.update(measured({ a: 20.04, b: 60 }), 0), true);
  assert.deepEqual(published.rtts, { a: 20, b: 60 });
  assert.equal(published.update(measured({ a: 28, b: 45 }), 1), false);
  assert.deepEqual(published.rtts, { a: 20, b: 60 });
});

Deno.test("a change of 10 ms and a third is told, in either direction", () => {
  const published = new PublishedRtts();
  published.update(measured({ a: 60, b: 20 }), 0);
  assert.equal(published.update(measured({ a: 40, b: 31 }), 1), true);
  assert.deepEqual(published.rtts, { a: 40, b: 31 });
});

Deno.test("a relay that is not reached any more stays for eight seconds", () => {
  const published = new PublishedRtts();
  published.update(measured({ a: 60, b: 20 }), 0);
  assert.equal(published.update(measured({ a: 60 }), 7_999), false);
  assert.equal(published.update(measured({ a: 60 }), 8_000), true);
  assert.deepEqual(published.rtts, { a: 60 });
});

Deno.test("no more than a registry takes, the nearest", () => {
  const published = new PublishedRtts();
  published.update(new Map(Array.from({ length: 50 }, (_, i) => [`r${i}`, 100 - i])), 0);
  assert.equal(Object.keys(published.rtts).length, 32);
  assert.ok(published.rtts.r49 === 51 && published.rtts.r0 === undefined);
});

Deno.test("jitter of 20 % to either side tells nothing new", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 300 }),
    fc.array(fc.double({ min: 0.82, max: 1.18, noNaN: true }), { maxLength: 50 }),
    (rtt, factors) => {
      const published = new PublishedRtts();
      published.update(measured({ a: rtt }), 0);
      for (const [i, factor] of factors.entries()) {
        assert.equal(published.update(measured({ a: rtt * factor }), i * 2_000), false);
      }
    },
  ));
});
