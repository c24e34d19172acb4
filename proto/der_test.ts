import assert from "node:assert/strict";
import fc from "fast-check";
import { der, DerReader, DerTag, derUnsigned } from "./der.ts";
import { WireError } from "./errors.ts";

Deno.test("an element reads back with its content, whatever its length", () => {
  const lengths = fc.oneof(fc.nat(300), fc.constantFrom(0, 127, 128, 255, 256, 65_535));
  fc.assert(
    fc.property(fc.nat(255), lengths, (tag, length) => {
      const content = new Uint8Array(length).fill(7);
      const reader = new DerReader(der(tag, content.subarray(0, 1), content.subarray(1)));
      assert.equal(reader.nextTag, tag);
      assert.deepEqual(reader.read(tag), content);
      reader.end();
      assert.equal(reader.nextTag, undefined);
    }),
    { numRuns: 200 },
  );
  assert.throws(() => der(DerTag.sequence, new Uint8Array(65_536)), RangeError);
});

Deno.test("integers are written in their shortest form", () => {
  const cases: [string, string][] = [
    ["", "020100"],
    ["00", "020100"],
    ["000000", "020100"],
    ["01", "020101"],
    ["7f", "02017f"],
    ["80", "02020080"],
    ["00007f", "02017f"],
    ["0000ff01", "020300ff01"],
  ];
  for (const [bytes, encoded] of cases) {
    assert.equal(derUnsigned(Uint8Array.fromHex(bytes)).toHex(), encoded);
  }
});

Deno.test("indefinite, oversized and padded lengths, wrong tags and leftovers are refused", () => {
  const read = (digits: string) => () => {
    const reader = new DerReader(Uint8Array.fromHex(digits));
    reader.read(DerTag.sequence);
    reader.end();
  };
  assert.doesNotThrow(read("3000"));
  assert.throws(read("3080" + "0000"), /indefinite/);
  assert.throws(read("308101" + "05"), /shortest/);
  assert.throws(read("30820001" + "05"), /shortest/);
  assert.throws(read("3083010000" + "05"), /too large/);
  assert.throws(read("3100"), /DER tag 31 where 30 is due/);
  assert.throws(read("300000"), /followed by more/);
  assert.throws(read("3002" + "05"), /longer than/);
  assert.throws(read("30"), /ends early/);
  assert.throws(read(""), /ends early/);
});

Deno.test("reading arbitrary bytes throws nothing but the wire error and comes to an end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const reader = new DerReader(bytes);
      try {
        while (reader.nextTag !== undefined) reader.read(reader.nextTag);
        reader.end();
      } catch (error) {
        assert(error instanceof WireError);
      }
    }),
    { numRuns: 5000 },
  );
});
