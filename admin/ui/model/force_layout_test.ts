import assert from "node:assert/strict";
import fc from "fast-check";
import { crossingsOf, fit, layOut } from "./force_layout.ts";

const pairs = (text: string) => text.split(" ").map(([a, b]) => ({ a: a!, b: b! }));
const FRAME = { width: 400, height: 300, marginX: 40, marginY: 30 };

Deno.test("a mesh that can be drawn without crossings is, and the same way every time", () => {
  const links = pairs("FO FD FV FL FS OD DV VL");
  for (const ids of ["FDLOSV", "FODVLS", "FSVLOD"]) {
    const places = layOut([...ids], links);
    assert.equal(crossingsOf(places, links), 0, ids);
    assert.deepEqual(layOut([...ids], links), places);
  }
});

Deno.test("whatever is linked, nobody stands on another and everybody is in the frame", () => {
  const ids = [..."abcdefghij"];
  const letter = fc.constantFrom(...ids);
  const links = fc.array(fc.record({ a: letter, b: letter }), { maxLength: 25 });
  fc.assert(
    fc.property(links, fc.integer({ min: 1, max: 10 }), (links, count) => {
      const there = ids.slice(0, count);
      const places = [...fit(layOut(there, links), FRAME).values()];
      assert.equal(places.length, count);
      for (const [index, { x, y }] of places.entries()) {
        assert(x >= 39 && x <= 361 && y >= 29 && y <= 271, `${x} ${y}`);
        for (const other of places.slice(0, index)) {
          assert(Math.hypot(x - other.x, y - other.y) > 4);
        }
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("a newcomer moves those that were there only a little", () => {
  const before = layOut([..."abc"], pairs("ab bc ca"));
  const after = layOut([..."abcd"], pairs("ab bc ca"), before);
  for (const [id, { x, y }] of before) {
    const now = after.get(id)!;
    assert(Math.hypot(now.x - x, now.y - y) < 0.7, id);
  }
});

Deno.test("links to who is not there, and of one with itself, do not matter", () => {
  assert.deepEqual(layOut(["a", "b"], pairs("aa az")), layOut(["a", "b"], []));
});
