import assert from "node:assert/strict";
import fc from "fast-check";
import { Pacer } from "./pacer.ts";

Deno.test("late timers cause no drift", () => {
  const lateness = fc.array(fc.double({ min: 0, max: 900, noNaN: true }), { minLength: 1 });
  fc.assert(fc.property(lateness, (all) => {
    const pacer = new Pacer(1_000);
    let now = 1_000;
    for (const [index, late] of all.entries()) {
      now += pacer.wait(now);
      assert.ok(now >= 1_000 + index * 20);
      // The timer fires late by so much behind the deadline, or was later already.
      now = Math.max(now, 1_000 + index * 20 + late);
      pacer.sent(now, 20);
    }
    assert.equal(now + pacer.wait(now), Math.max(now, 1_000 + all.length * 20));
  }));
});

Deno.test("after a long stall it goes on from now instead of catching up", () => {
  const pacer = new Pacer(0);
  pacer.sent(0, 20);
  assert.equal(pacer.wait(5_000), 0);
  pacer.sent(5_000, 20);
  assert.equal(pacer.wait(5_000), 20);
});

Deno.test("frames of different lengths keep their own time", () => {
  const pacer = new Pacer(0);
  pacer.sent(0, 40);
  assert.equal(pacer.wait(0), 40);
  pacer.sent(40, 20);
  assert.equal(pacer.wait(45), 15);
});
