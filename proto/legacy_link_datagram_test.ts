import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { WireError } from "./errors.ts";
import {
  decodeLegacyLink,
  encodeLegacyLink,
  LEGACY_LINK_HEADER_BYTES,
  validateLegacyLink,
} from "./legacy_link_datagram.ts";
import { LINK_SHORT } from "./link_reason.ts";
import { MEDIA_CODEC, MEDIA_SHORT, seqOf } from "./media_header.ts";
import { encodeMedia } from "./media_packet.ts";
import { roomHash } from "./room_hash.ts";

const crypto = {
  sha256: (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest()),
};

const general = roomHash(crypto, "general");

Deno.test("a packet for the room general is the datagram of the protocol", () => {
  const packet = encodeMedia({
    codec: "Opus24k",
    seq: 1,
    timestamp: 20,
    payload: Uint8Array.of(0xf8, 0xff, 0xfe),
  });
  const bytes = encodeLegacyLink({ roomHash: general, packet });
  assert.equal(
    Buffer.from(bytes).toString("hex"),
    "0feae16d55365acf000000010000001400000000f8fffe",
  );
  assert.equal(validateLegacyLink(bytes), 0);
  assert.equal(seqOf(bytes, LEGACY_LINK_HEADER_BYTES), 1);
  assert.deepEqual(decodeLegacyLink(bytes), { roomHash: general, packet });
});

Deno.test("what is under 12 bytes is no link datagram, under 20 its packet is short", () => {
  assert.equal(validateLegacyLink(new Uint8Array(11)), LINK_SHORT);
  assert.equal(validateLegacyLink(new Uint8Array(12)), MEDIA_SHORT);
  assert.equal(validateLegacyLink(new Uint8Array(19)), MEDIA_SHORT);
  assert.equal(validateLegacyLink(new Uint8Array(20)), 0);
  assert.equal(validateLegacyLink(new Uint8Array(20).fill(0x3c)), MEDIA_CODEC);
});

Deno.test("a room hash of another length is refused", () => {
  const packet = new Uint8Array(12);
  assert.throws(() => encodeLegacyLink({ roomHash: new Uint8Array(32), packet }), RangeError);
});

Deno.test("a decoded datagram is the encoded one", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc.uint8Array({ maxLength: 60 }),
    (roomHash, payload) => {
      const packet = encodeMedia({ codec: "Codec2_3200", seq: 5, timestamp: 6, payload });
      const bytes = encodeLegacyLink({ roomHash, packet });
      assert.deepEqual(decodeLegacyLink(bytes), { roomHash, packet });
    },
  ));
});

Deno.test("the decoder accepts exactly what the check accepts, and throws only WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeLegacyLink(bytes);
        assert.equal(validateLegacyLink(bytes), 0);
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
        assert.notEqual(validateLegacyLink(bytes), 0);
      }
    }),
    { numRuns: 10_000 },
  );
});
