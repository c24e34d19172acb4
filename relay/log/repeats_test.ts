import assert from "node:assert/strict";
import fc from "fast-check";
import { RepeatLimiter, type Suppressed } from "./repeats.ts";

const line = (message: string) => ({ area: "relay", level: "info", message } as const);

Deno.test("a message passes so many times per interval and is then counted", () => {
  const limiter = new RepeatLimiter({ perInterval: 2, intervalMs: 1000 });
  const admitted = [0, 1, 2, 3, 4].map((now) => limiter.admit(line("a"), now));
  assert.deepEqual(admitted, [true, true, false, false, false]);
  assert(limiter.admit(line("b"), 5));
  assert.deepEqual(limiter.expire(999), []);
  assert(limiter.suppressing);
  assert.deepEqual(limiter.expire(1000), [{ ...line("a"), count: 3 }]);
  assert(!limiter.suppressing);
  assert(limiter.admit(line("a"), 1000));
});

Deno.test("every line is either admitted or reported as suppressed, and the table stays bounded", () => {
  const events = fc.array(fc.tuple(fc.nat(6), fc.nat(40)), { maxLength: 200 });
  fc.assert(fc.property(events, (steps) => {
    const limiter = new RepeatLimiter({ perInterval: 3, intervalMs: 100, maxMessages: 4 });
    let now = 0;
    let admitted = 0;
    const reported: Suppressed[] = [];
    for (const [message, wait] of steps) {
      now += wait;
      reported.push(...limiter.expire(now));
      if (limiter.admit(line(`m${message}`), now)) admitted += 1;
      assert(limiter.size <= 4);
    }
    reported.push(...limiter.expire(Infinity));
    const suppressed = reported.reduce((sum, { count }) => sum + count, 0);
    assert.equal(admitted + suppressed, steps.length);
    assert(reported.every(({ count }) => count > 0));
    assert(!limiter.suppressing && limiter.size === 0);
  }));
});
