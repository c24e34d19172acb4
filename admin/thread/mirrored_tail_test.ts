import assert from "node:assert/strict";
import fc from "fast-check";
import { TestingTail } from "../testing_feeds.ts";
import { MirroredTail } from "./mirrored_tail.ts";

interface Line {
  readonly id: number;
}

Deno.test("once fetched it says what the relay's own says, from wherever one reads on", () => {
  const rounds = fc.array(fc.nat({ max: 25 }), { maxLength: 8 });
  fc.assert(fc.property(rounds, fc.nat({ max: 200 }), fc.nat({ max: 20 }), (added, after, max) => {
    const own = new TestingTail<Line>(10);
    const mirrored = new MirroredTail<Line>(10);
    let woken = 0;
    mirrored.onNew(() => woken++);
    let last = 0;
    for (const count of added) {
      for (let line = 0; line < count; line++) own.add({});
      last += count;
      mirrored.take(own.since(mirrored.last, Infinity).items);
      assert.equal(mirrored.last, last);
      const from = Math.min(after, last);
      assert.deepEqual(mirrored.since(from, max), own.since(from, max));
    }
    assert.equal(woken, added.filter((count) => count > 0).length);
  }));
});

Deno.test("a number of an earlier life starts at the beginning", () => {
  const tail = new MirroredTail<Line>(10);
  assert.deepEqual(tail.since(500, 5), { items: [], skipped: 0 });
  tail.take([{ id: 1 }, { id: 2 }]);
  assert.deepEqual(tail.since(500, 5), { items: [{ id: 1 }, { id: 2 }], skipped: 0 });
});
