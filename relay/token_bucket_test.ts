import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../quic/manual_clock.ts";
import { TokenBucket } from "./token_bucket.ts";

Deno.test("a token bucket allows a burst, then its rate", () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 10, 3);
  assert.deepEqual([1, 2, 3, 4].map(() => bucket.take()), [true, true, true, false]);
  clock.advance(99);
  assert(!bucket.take());
  clock.advance(1);
  assert(bucket.take() && !bucket.take());
  clock.advance(60_000);
  assert(bucket.take(3) && !bucket.take());
  assert.throws(() => new TokenBucket(clock, 0, 1), RangeError);
});

Deno.test("in no stretch of time does a token bucket allow more than its burst and its rate", () => {
  const waits = fc.array(fc.nat(300), { minLength: 1, maxLength: 100 });
  fc.assert(fc.property(waits, (steps) => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 20, 5);
    const allowed: number[] = [];
    for (const wait of steps) {
      clock.advance(wait);
      if (bucket.take()) allowed.push(clock.now());
    }
    for (const [first, from] of allowed.entries()) {
      for (const [last, to] of allowed.entries()) {
        if (last < first) continue;
        const count = last - first + 1;
        assert(count <= 5 + (to - from) * 20 / 1000 + 1e-6, `${count} in ${to - from} ms`);
      }
    }
    // Whoever asks no faster than the rate is never refused.
    if (steps.every((wait) => wait >= 50)) assert.equal(allowed.length, steps.length);
  }));
});
