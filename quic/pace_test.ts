import assert from "node:assert/strict";
import fc from "fast-check";
import { Pace } from "./pace.ts";

Deno.test("a burst is free and what follows waits its turn", () => {
  const pace = new Pace(10, 3);
  for (let i = 0; i < 3; i++) {
    assert.equal(pace.wait(0), 0);
    pace.charge(0, 1);
  }
  assert.equal(pace.wait(0), 0);
  pace.charge(0, 1);
  assert.equal(pace.wait(0), 100);
  assert.equal(pace.wait(100), 0);
});

Deno.test("what is taken while it may be is charged for, what is refused is not", () => {
  const pace = new Pace(10, 1);
  assert.deepEqual([0, 0, 0, 99, 100, 100].map((now) => pace.take(now)), [
    true,
    true,
    false,
    false,
    true,
    false,
  ]);
});

Deno.test("who waits as told never exceeds the burst plus the rate", () => {
  fc.assert(fc.property(
    fc.array(fc.record({ pause: fc.nat(200), units: fc.integer({ min: 1, max: 5 }) })),
    (steps) => {
      const pace = new Pace(100, 10);
      let now = 0;
      let total = 0;
      let largest = 0;
      for (const { pause, units } of steps) {
        now += pause;
        now += pace.wait(now);
        pace.charge(now, units);
        total += units;
        largest = Math.max(largest, units);
        assert.ok(total <= 10 + largest + now / 10 + 1e-6);
      }
    },
  ));
});

Deno.test("another pace takes over what is not paid for", () => {
  const pace = new Pace(10, 9);
  for (let i = 0; i < 10; i++) pace.charge(0, 1);
  pace.change(100, 99);
  assert.equal(pace.wait(0), 10);
  pace.charge(10, 1);
  assert.equal(pace.wait(10), 10);
  assert.throws(() => pace.change(0, 1), RangeError);
});
