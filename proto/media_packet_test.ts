import assert from "node:assert/strict";
import fc from "fast-check";
import { CODEC_IDS } from "./codec.ts";
import { WireError } from "./errors.ts";
import {
  codecOf,
  csrcCountOf,
  decodeFecRatio,
  fecBlockOf,
  fecRatioOf,
  fecSymbolOf,
  hasTrailer,
  isRepair,
  payloadLengthOf,
  reservedOf,
  seqOf,
  timestampOf,
  validateMedia,
  versionOf,
} from "./media_header.ts";
import { decodeMedia, encodeMedia, type MediaPacket } from "./media_packet.ts";
import { bitrateCapKbpsOf, jitterMsOf, lossPercentOf, rttMsOf } from "./quality_report.ts";

const byte = fc.integer({ min: 0, max: 255 });

const anyPacket: fc.Arbitrary<MediaPacket> = fc.record({
  version: fc.integer({ min: 0, max: 1 }),
  repair: fc.boolean(),
  codec: fc.constantFrom(...CODEC_IDS),
  fecRatio: fc.integer({ min: 0, max: 127 }).map(decodeFecRatio),
  seq: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
  fecBlock: byte,
  fecSymbol: byte,
  reserved: byte,
  csrcCount: byte,
  payload: fc.uint8Array({ maxLength: 200 }),
  quality: fc.option(
    fc.record({ loss_pct: byte, rtt_4ms: byte, jitter_ms: byte, bitrate_cap_kbps: byte }, {
      noNullPrototype: true,
    }),
  ),
}, { noNullPrototype: true });

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (value) => value.toString(16).padStart(2, "0")).join(" ");
}

const empty = new Uint8Array(0);

Deno.test("packets encode to the bytes of the protocol", () => {
  assert.equal(
    hexOf(encodeMedia({ codec: "Opus24k", seq: 1, timestamp: 20, payload: empty })),
    "00 00 00 01 00 00 00 14 00 00 00 00",
  );
  assert.equal(
    hexOf(encodeMedia({
      codec: "Opus24k",
      fecRatio: decodeFecRatio(42),
      seq: 12345,
      timestamp: 987654,
      fecBlock: 7,
      fecSymbol: 3,
      payload: empty,
      quality: { loss_pct: 25, rtt_4ms: 25, jitter_ms: 20, bitrate_cap_kbps: 200 },
    })),
    "02 a8 30 39 00 0f 12 06 07 03 00 00 19 19 14 c8",
  );
  assert.equal(
    hexOf(encodeMedia({
      codec: "Codec2_1200",
      repair: true,
      fecRatio: 2,
      seq: 65535,
      timestamp: 0xffff_ffff,
      fecBlock: 255,
      fecSymbol: 255,
      reserved: 255,
      payload: empty,
    })),
    "51 fc ff ff ff ff ff ff ff ff ff 00",
  );
  assert.equal(
    hexOf(encodeMedia({ codec: "ComfortNoise", seq: 7, timestamp: 340, payload: empty })),
    "14 00 00 07 00 00 01 54 00 00 00 00",
  );
  assert.equal(
    hexOf(encodeMedia({ codec: "Opus64k", seq: 0, timestamp: 0, payload: empty })),
    "20 00 00 00 00 00 00 00 00 00 00 00",
  );
});

Deno.test("a decoded packet is the encoded one", () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      assert.deepEqual(decodeMedia(encodeMedia(packet)), packet);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("valid bytes survive decoding and encoding, but for the two unused bits", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 64 }), (bytes) => {
      fc.pre(validateMedia(bytes) === 0);
      const expected = bytes.slice();
      expected[1]! &= 0xfc;
      assert.deepEqual(encodeMedia(decodeMedia(bytes)), expected);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("the readers in place agree with the decoder", () => {
  fc.assert(
    fc.property(anyPacket, (packet) => {
      const bytes = encodeMedia(packet);
      assert.equal(validateMedia(bytes), 0);
      assert.equal(versionOf(bytes), packet.version);
      assert.equal(isRepair(bytes), packet.repair);
      assert.equal(codecOf(bytes), packet.codec);
      assert.equal(fecRatioOf(bytes), packet.fecRatio);
      assert.equal(seqOf(bytes), packet.seq);
      assert.equal(timestampOf(bytes), packet.timestamp);
      assert.equal(fecBlockOf(bytes), packet.fecBlock);
      assert.equal(fecSymbolOf(bytes), packet.fecSymbol);
      assert.equal(reservedOf(bytes), packet.reserved);
      assert.equal(csrcCountOf(bytes), packet.csrcCount);
      assert.equal(payloadLengthOf(bytes), packet.payload.length);
      assert.equal(hasTrailer(bytes), packet.quality !== null);
      if (packet.quality !== null) {
        assert.equal(lossPercentOf(bytes), packet.quality.loss_pct / 255 * 100);
        assert.equal(rttMsOf(bytes), packet.quality.rtt_4ms * 4);
        assert.equal(jitterMsOf(bytes), packet.quality.jitter_ms);
        assert.equal(bitrateCapKbpsOf(bytes), packet.quality.bitrate_cap_kbps);
      }
    }),
    { numRuns: 5000 },
  );
});

Deno.test("the decoder accepts exactly what the check in place accepts, and throws only WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const valid = validateMedia(bytes) === 0;
      try {
        decodeMedia(bytes);
        assert.equal(valid, true);
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
        assert.equal(valid, false);
      }
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("each way to be malformed has its error code", () => {
  assert.throws(() => decodeMedia(new Uint8Array(11)), { code: "truncated", message: /header/ });
  assert.throws(() => decodeMedia(new Uint8Array(12).fill(0x24)), { code: "malformed" });
  assert.throws(() => decodeMedia(new Uint8Array(15).fill(0x02)), {
    code: "truncated",
    message: /trailer/,
  });
});

Deno.test("the encoder refuses fields that do not fit instead of wrapping them", () => {
  const good = { codec: "Opus24k", seq: 0, timestamp: 0, payload: empty } as const;
  assert.throws(() => encodeMedia({ ...good, seq: 65536 }), RangeError);
  assert.throws(() => encodeMedia({ ...good, timestamp: -1 }), RangeError);
  assert.throws(() => encodeMedia({ ...good, fecBlock: 256 }), RangeError);
  assert.throws(() => encodeMedia({ ...good, fecSymbol: 0.5 }), RangeError);
  assert.throws(() => encodeMedia({ ...good, version: 2 }), RangeError);
  const quality = { loss_pct: 0, rtt_4ms: 256, jitter_ms: 0, bitrate_cap_kbps: 0 };
  assert.throws(() => encodeMedia({ ...good, quality }), {
    name: "RangeError",
    message: /rtt_4ms/,
  });
});
