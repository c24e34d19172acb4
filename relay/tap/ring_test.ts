import assert from "node:assert/strict";
import fc from "fast-check";
import { Ring } from "./ring.ts";

Deno.test("a ring keeps the newest elements and says when one was lost", () => {
  const ring = new Ring<number>(2);
  assert.deepEqual([1, 2, 3].map((element) => ring.push(element)), [false, false, true]);
  assert.deepEqual(ring.take(10), [2, 3]);
  assert.deepEqual(ring.take(10), []);
});

Deno.test("a ring without room is refused", () => {
  for (const capacity of [0, -1, 1.5, NaN]) assert.throws(() => new Ring(capacity), RangeError);
});

Deno.test("a ring agrees with a plain list that is cut at its front", () => {
  const step = fc.oneof(
    fc.record({ push: fc.constant(true), count: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ push: fc.constant(false), count: fc.integer({ min: -1, max: 9 }) }),
  );
  fc.assert(fc.property(fc.integer({ min: 1, max: 7 }), fc.array(step), (capacity, steps) => {
    const ring = new Ring<number>(capacity);
    let model: number[] = [];
    let next = 0;
    for (const { push, count } of steps) {
      if (!push) {
        assert.deepEqual(ring.take(count), model.splice(0, Math.max(0, count)));
        continue;
      }
      for (let i = 0; i < count; i++) {
        assert.equal(ring.push(next), model.length === capacity);
        model.push(next++);
        model = model.slice(-capacity);
      }
      assert.equal(ring.size, model.length);
    }
  }));
});
