import assert from "node:assert/strict";
import fc from "fast-check";
import { ObjectStream } from "./object_stream.ts";

function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

Deno.test("the objects of a list come out whole, however it is cut and whatever is in them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
      fc.array(fc.nat(30)),
      fc.constantFrom(undefined, 2),
      (objects, lengths, indent) => {
        const text = JSON.stringify({ before: '[{\\"', relays: objects }, null, indent);
        const found: unknown[] = [];
        const stream = new ObjectStream(10_000);
        for (const piece of cut(new TextEncoder().encode(text), lengths)) {
          assert(stream.push(piece, (each) => found.push(JSON.parse(each))));
        }
        assert.deepEqual(JSON.stringify(found), JSON.stringify(objects));
        assert(stream.ended);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("what is around the lists is JSON by itself, with nothing of what is in them", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.jsonValue()))),
      fc.array(fc.nat(30)),
      (object, lengths) => {
        const text = JSON.stringify(object);
        const stream = new ObjectStream(10_000, 10_000);
        for (const piece of cut(new TextEncoder().encode(text), lengths)) {
          assert(stream.push(piece, () => {}));
        }
        const frame = Object.fromEntries(
          Object.entries(object).map(([key, value]) => [key, Array.isArray(value) ? [] : value]),
        );
        assert.equal(stream.frame, JSON.stringify(frame));
      },
    ),
  );
  const bounded = new ObjectStream(100, 20);
  assert(bounded.push(new TextEncoder().encode('{"a":[1,2,3,4,5,6,7,8'), () => {}));
  assert(!bounded.push(new TextEncoder().encode('],"b":"0123456789"'), () => {}));
});

Deno.test("bytes of any kind cause nothing, and an object that never ends is given up", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
    const stream = new ObjectStream(20);
    for (const piece of pieces) {
      if (!stream.push(piece, (text) => assert(text.length <= 20))) return;
    }
  }));
  const stream = new ObjectStream(100);
  const bytes = new TextEncoder().encode(`{"relays":[{"a":"`);
  assert(stream.push(bytes, () => {}));
  assert(stream.push(new Uint8Array(90).fill(0x61), () => {}));
  assert(!stream.push(new Uint8Array(90).fill(0x61), () => {}));
  assert(!stream.ended);
});
