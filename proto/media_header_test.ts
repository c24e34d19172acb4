import assert from "node:assert/strict";
import fc from "fast-check";
import {
  codecOf,
  codecWireIdOf,
  decodeFecRatio,
  encodeFecRatio,
  fecBitsOf,
  fecBlockOf,
  fecSymbolOf,
  hasTrailer,
  isRepair,
  MEDIA_CODEC,
  MEDIA_REASONS,
  MEDIA_SHORT,
  MEDIA_TRAILER,
  payloadLengthOf,
  reservedOf,
  seqOf,
  timestampOf,
  validateMedia,
  versionOf,
} from "./media_header.ts";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/g) ?? [], (byte) => parseInt(byte, 16));
}

Deno.test("an Opus24k header reads as written in the protocol", () => {
  const bytes = bytesOf("00 00 00 01 00 00 00 14 00 00 00 00");
  assert.equal(validateMedia(bytes), 0);
  assert.equal(codecOf(bytes), "Opus24k");
  assert.equal(seqOf(bytes), 1);
  assert.equal(timestampOf(bytes), 20);
  assert.equal(isRepair(bytes), false);
  assert.equal(hasTrailer(bytes), false);
  assert.equal(payloadLengthOf(bytes), 0);
});

Deno.test("a header with trailer, FEC ratio and block reads as written in the protocol", () => {
  const bytes = bytesOf("02 a8 30 39 00 0f 12 06 07 03 00 00  19 19 14 c8");
  assert.equal(validateMedia(bytes), 0);
  assert.equal(codecOf(bytes), "Opus24k");
  assert.equal(hasTrailer(bytes), true);
  assert.equal(fecBitsOf(bytes), 42);
  assert.equal(seqOf(bytes), 12345);
  assert.equal(timestampOf(bytes), 987654);
  assert.equal(fecBlockOf(bytes), 7);
  assert.equal(fecSymbolOf(bytes), 3);
  assert.equal(payloadLengthOf(bytes), 0);
});

Deno.test("a repair header with every field at its maximum reads as written in the protocol", () => {
  const bytes = bytesOf("51 fc ff ff ff ff ff ff ff ff ff 00");
  assert.equal(validateMedia(bytes), 0);
  assert.equal(codecOf(bytes), "Codec2_1200");
  assert.equal(isRepair(bytes), true);
  assert.equal(fecBitsOf(bytes), 127);
  assert.equal(seqOf(bytes), 65535);
  assert.equal(timestampOf(bytes), 0xffff_ffff);
  assert.equal(fecBlockOf(bytes), 255);
  assert.equal(fecSymbolOf(bytes), 255);
  assert.equal(reservedOf(bytes), 255);
});

Deno.test("comfort noise and Opus64k headers read as written in the protocol", () => {
  const noise = bytesOf("14 00 00 07 00 00 01 54 00 00 00 00");
  assert.deepEqual([codecOf(noise), seqOf(noise), timestampOf(noise)], ["ComfortNoise", 7, 340]);
  const studio = bytesOf("20 00 00 00 00 00 00 00 00 00 00 00");
  assert.deepEqual([validateMedia(studio), codecOf(studio)], [0, "Opus64k"]);
});

Deno.test("the version bit is read but not checked", () => {
  const bytes = bytesOf("80 00 00 01 00 00 00 14 00 00 00 00");
  assert.equal(validateMedia(bytes), 0);
  assert.equal(versionOf(bytes), 1);
});

Deno.test("fewer than 12 bytes are too short, from any offset", () => {
  assert.equal(validateMedia(new Uint8Array(0)), MEDIA_SHORT);
  assert.equal(validateMedia(new Uint8Array(11)), MEDIA_SHORT);
  assert.equal(validateMedia(new Uint8Array(12)), 0);
  assert.equal(validateMedia(new Uint8Array(19), 8), MEDIA_SHORT);
  assert.equal(validateMedia(new Uint8Array(20), 8), 0);
  assert.equal(validateMedia(new Uint8Array(7), 8), MEDIA_SHORT);
});

Deno.test("codecs 9 to 15 are refused", () => {
  for (let codec = 0; codec < 16; codec++) {
    const bytes = new Uint8Array(12);
    bytes[0] = codec << 2;
    assert.equal(codecWireIdOf(bytes), codec);
    assert.equal(validateMedia(bytes), codec <= 8 ? 0 : MEDIA_CODEC);
  }
});

Deno.test("an announced trailer needs four bytes behind the header", () => {
  for (let length = 12; length < 18; length++) {
    const bytes = new Uint8Array(length);
    bytes[0] = 0x02;
    assert.equal(validateMedia(bytes), length < 16 ? MEDIA_TRAILER : 0, `${length} bytes`);
  }
});

Deno.test("each reason has a name of its own", () => {
  assert.equal(MEDIA_REASONS[MEDIA_SHORT], "media_short");
  assert.equal(MEDIA_REASONS[MEDIA_CODEC], "media_codec");
  assert.equal(MEDIA_REASONS[MEDIA_TRAILER], "media_trailer");
  assert.equal(new Set(MEDIA_REASONS).size, 4);
});

Deno.test("FEC ratios encode as listed in the protocol, halves away from zero", () => {
  const table: [number, number][] = [
    [0, 0],
    [0.1, 6],
    [0.2, 13],
    [0.3, 19],
    [0.5, 32],
    [1.0, 64],
    [2.0, 127],
    [100, 127],
  ];
  for (const [ratio, bits] of table) assert.equal(encodeFecRatio(ratio), bits, `ratio ${ratio}`);
});

Deno.test("every 7-bit FEC value survives decoding and encoding", () => {
  for (let bits = 0; bits < 128; bits++) assert.equal(encodeFecRatio(decodeFecRatio(bits)), bits);
});

Deno.test("a negative or missing FEC ratio is refused", () => {
  assert.throws(() => encodeFecRatio(-0.1), RangeError);
  assert.throws(() => encodeFecRatio(NaN), RangeError);
});

Deno.test("readers answer the same from any offset", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 12, maxLength: 40 }),
    fc.integer({ min: 0, max: 30 }),
    (packet, at) => {
      const shifted = new Uint8Array(at + packet.length).fill(0xa5);
      shifted.set(packet, at);
      assert.equal(validateMedia(shifted, at), validateMedia(packet));
      for (
        const read of [seqOf, timestampOf, fecBitsOf, fecBlockOf, fecSymbolOf, payloadLengthOf]
      ) {
        assert.equal(read(shifted, at), read(packet));
      }
    },
  ));
});
