import assert from "node:assert/strict";
import fc from "fast-check";
import {
  readU16,
  readU32,
  readU64,
  requireU64,
  requireUint,
  writeU16,
  writeU32,
  writeU64,
} from "./byte_order.ts";

Deno.test("integers read and write as a big-endian DataView does", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), (value) => {
    const low32 = Number(value & 0xffff_ffffn);
    const expected = new Uint8Array(14);
    const view = new DataView(expected.buffer);
    view.setUint16(0, low32 & 0xffff);
    view.setUint32(2, low32);
    view.setBigUint64(6, value);

    const bytes = new Uint8Array(14);
    writeU16(bytes, 0, low32 & 0xffff);
    writeU32(bytes, 2, low32);
    writeU64(bytes, 6, value);
    assert.deepEqual(bytes, expected);
    assert.equal(readU16(bytes, 0), low32 & 0xffff);
    assert.equal(readU32(bytes, 2), low32);
    assert.equal(readU64(bytes, 6), value);
  }));
});

Deno.test("a write wraps what is too large, which counters rely on", () => {
  const bytes = new Uint8Array(6);
  writeU16(bytes, 0, 0x1_0000);
  writeU32(bytes, 2, 0x1_0000_0001);
  assert.deepEqual([...bytes], [0, 0, 0, 0, 0, 1]);
});

Deno.test("values that do not fit are refused with the field's name", () => {
  for (const value of [-1, 256, 1.5, NaN, Infinity]) {
    assert.throws(() => requireUint("fecBlock", value, 255), {
      name: "RangeError",
      message: /fecBlock/,
    });
  }
  requireUint("fecBlock", 255, 255);
  assert.throws(() => requireU64("clock", -1n), RangeError);
  assert.throws(() => requireU64("clock", 1n << 64n), RangeError);
  requireU64("clock", (1n << 64n) - 1n);
});
