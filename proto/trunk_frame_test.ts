import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "./errors.ts";
import { decodeTrunk, encodeTrunk } from "./trunk_frame.ts";

const example = Uint8Array.from(
  "000200010005 68656c6c6f 00020006 776f726c6421".replaceAll(" ", "").match(/../g)!,
  (byte) => parseInt(byte, 16),
);

const entries = [
  { session: 1, packet: new TextEncoder().encode("hello") },
  { session: 2, packet: new TextEncoder().encode("world!") },
];

Deno.test("two entries are the bytes of the protocol", () => {
  assert.deepEqual(encodeTrunk(entries), example);
  assert.deepEqual(decodeTrunk(example), entries);
});

Deno.test("an empty frame is two zero bytes", () => {
  assert.deepEqual([...encodeTrunk([])], [0, 0]);
  assert.deepEqual(decodeTrunk(Uint8Array.of(0, 0)), []);
});

Deno.test("bytes after the last entry are ignored", () => {
  assert.deepEqual(decodeTrunk(Uint8Array.of(...example, 1, 2, 3)), entries);
});

Deno.test("a frame cut off anywhere is truncated", () => {
  for (let length = 0; length < example.length; length++) {
    assert.throws(() => decodeTrunk(example.subarray(0, length)), { code: "truncated" });
  }
});

Deno.test("a decoded frame is the encoded one", () => {
  const entry = fc.record({
    session: fc.integer({ min: 0, max: 0xffff }),
    packet: fc.uint8Array({ maxLength: 60 }),
  }, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), (list) => {
      assert.deepEqual(decodeTrunk(encodeTrunk(list)), list);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("entries that do not fit are refused", () => {
  const packet = new Uint8Array(0);
  assert.throws(() => encodeTrunk([{ session: 65536, packet }]), RangeError);
  assert.throws(() => encodeTrunk([{ session: 0, packet: new Uint8Array(65536) }]), RangeError);
});

Deno.test("the decoder throws only WireError", () => {
  const small = fc.array(fc.constantFrom(0, 1, 2, 3, 255), { maxLength: 40 });
  fc.assert(
    fc.property(small, (bytes) => {
      try {
        decodeTrunk(Uint8Array.from(bytes));
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
      }
    }),
    { numRuns: 10_000 },
  );
});
