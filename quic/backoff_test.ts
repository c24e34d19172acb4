import assert from "node:assert/strict";
import fc from "fast-check";
import { Backoff } from "./backoff.ts";

Deno.test("ceilings double up to the longest wait and start anew after a success", () => {
  const backoff = new Backoff({ baseMs: 1_000, maxMs: 5_000, random: () => 0.5 });
  assert.deepEqual([1, 2, 3, 4, 5].map(() => backoff.next()), [500, 1_000, 2_000, 2_500, 2_500]);
  backoff.reset();
  assert.equal(backoff.next(), 500);
});

Deno.test("a wait lies anywhere below its ceiling, however many failures there were", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(random, fc.nat(3_000), (value, failures) => {
    const backoff = new Backoff({ baseMs: 7, maxMs: 900, random: () => value });
    for (let i = 0; i < failures; i++) backoff.next();
    assert.equal(backoff.next(), value * Math.min(900, 7 * 2 ** failures));
  }));
});

Deno.test("waiting times that make no sense are refused", () => {
  for (const [baseMs, maxMs] of [[0, 5], [-1, 5], [6, 5], [NaN, 5]] as const) {
    assert.throws(() => new Backoff({ baseMs, maxMs, random: Math.random }), RangeError);
  }
});
