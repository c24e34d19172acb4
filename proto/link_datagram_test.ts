import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "./errors.ts";
import {
  decodeLinkMedia,
  encodeLinkMedia,
  hopsLeftOf,
  isFromOrigin,
  LINK_HEADER_BYTES,
  LINK_ROOM_AT,
  linkKindOf,
  type LinkMedia,
  MAX_HOPS,
  senderOf,
  setHopsLeft,
  validateLinkMedia,
} from "./link_datagram.ts";
import { LINK_HOPS, LINK_KIND, LINK_REASONS, LINK_SHORT } from "./link_reason.ts";
import { MEDIA_CODEC, MEDIA_SHORT, seqOf } from "./media_header.ts";
import { encodeMedia } from "./media_packet.ts";
import { sameRoomHash } from "./room_hash.ts";

const eightBytes = fc.uint8Array({ minLength: 8, maxLength: 8 });

const linkMedia: fc.Arbitrary<LinkMedia> = fc.record({
  hopsLeft: fc.integer({ min: 0, max: MAX_HOPS }),
  roomHash: eightBytes,
  origin: eightBytes,
  sender: fc.integer({ min: 0, max: 0xffff_ffff }),
  packet: fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 40 })).map((
    [seq, payload],
  ) => encodeMedia({ codec: "Opus16k", seq, timestamp: 0, payload })),
}, { noNullPrototype: true });

const example: LinkMedia = {
  hopsLeft: 8,
  roomHash: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  origin: Uint8Array.of(11, 12, 13, 14, 15, 16, 17, 18),
  sender: 0xfedcba98,
  packet: encodeMedia({ codec: "Opus24k", seq: 9, timestamp: 0, payload: Uint8Array.of(1) }),
};

Deno.test("link media is kind, hops, room, origin, sender and packet", () => {
  assert.deepEqual([...encodeLinkMedia(example)], [
    1,
    8,
    ...[1, 2, 3, 4, 5, 6, 7, 8],
    ...[11, 12, 13, 14, 15, 16, 17, 18],
    ...[0xfe, 0xdc, 0xba, 0x98],
    ...example.packet,
  ]);
});

Deno.test("decoded link media is the encoded one, and the readers in place agree", () => {
  fc.assert(
    fc.property(linkMedia, (media) => {
      const bytes = encodeLinkMedia(media);
      assert.equal(validateLinkMedia(bytes), 0);
      assert.equal(linkKindOf(bytes), 1);
      assert.equal(hopsLeftOf(bytes), media.hopsLeft);
      assert.equal(senderOf(bytes), media.sender);
      assert.equal(isFromOrigin(bytes, media.origin), true);
      assert.equal(sameRoomHash(bytes, LINK_ROOM_AT, media.roomHash), true);
      assert.equal(seqOf(bytes, LINK_HEADER_BYTES), seqOf(media.packet));
      assert.deepEqual(decodeLinkMedia(bytes), media);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("an origin differs when any of its bytes does", () => {
  const bytes = encodeLinkMedia(example);
  for (let index = 0; index < 8; index++) {
    const other = example.origin.slice();
    other[index]! ^= 1;
    assert.equal(isFromOrigin(bytes, other), false);
  }
});

Deno.test("hops left change in place and nothing else does", () => {
  const bytes = encodeLinkMedia(example);
  setHopsLeft(bytes, hopsLeftOf(bytes) - 1);
  assert.deepEqual(decodeLinkMedia(bytes), { ...example, hopsLeft: 7 });
});

Deno.test("more hops than a sender may give are refused, none left are not", () => {
  const bytes = encodeLinkMedia(example);
  setHopsLeft(bytes, 9);
  assert.equal(validateLinkMedia(bytes), LINK_HOPS);
  assert.throws(() => decodeLinkMedia(bytes), { code: "malformed", message: /hops/ });
  setHopsLeft(bytes, 0);
  assert.equal(validateLinkMedia(bytes), 0);
});

Deno.test("every other way to be malformed has its reason and its error code", () => {
  const bytes = encodeLinkMedia(example);
  assert.equal(validateLinkMedia(bytes.subarray(0, 21)), LINK_SHORT);
  assert.throws(() => decodeLinkMedia(bytes.subarray(0, 21)), { code: "truncated" });
  assert.equal(validateLinkMedia(bytes.subarray(0, 33)), MEDIA_SHORT);
  assert.throws(() => decodeLinkMedia(bytes.subarray(0, 33)), { code: "truncated" });
  const probe = Uint8Array.of(2, ...bytes.subarray(1));
  assert.equal(validateLinkMedia(probe), LINK_KIND);
  assert.throws(() => decodeLinkMedia(probe), { code: "malformed", message: /not media/ });
  bytes[LINK_HEADER_BYTES] = 0x3c;
  assert.equal(validateLinkMedia(bytes), MEDIA_CODEC);
  assert.throws(() => decodeLinkMedia(bytes), { code: "malformed", message: /codec/ });
  assert.equal(linkKindOf(new Uint8Array(0)), -1);
});

Deno.test("each reason has a name of its own", () => {
  assert.equal(LINK_REASONS[LINK_SHORT], "link_short");
  assert.equal(LINK_REASONS[LINK_KIND], "link_kind");
  assert.equal(LINK_REASONS[LINK_HOPS], "link_hops");
  assert.equal(LINK_REASONS[MEDIA_CODEC], "media_codec");
});

Deno.test("the encoder refuses fields that do not fit", () => {
  assert.throws(() => encodeLinkMedia({ ...example, hopsLeft: 9 }), RangeError);
  assert.throws(() => encodeLinkMedia({ ...example, sender: -1 }), RangeError);
  assert.throws(() => encodeLinkMedia({ ...example, roomHash: new Uint8Array(7) }), RangeError);
  assert.throws(() => encodeLinkMedia({ ...example, origin: new Uint8Array(9) }), RangeError);
});

Deno.test("the decoder accepts exactly what the check accepts, and throws only WireError", () => {
  const input = fc.tuple(
    fc.constantFrom(1, 1, 1, 2, 0),
    fc.integer({ min: 0, max: 10 }),
    fc.uint8Array({ maxLength: 50 }),
  ).map(([kind, hops, rest]) => Uint8Array.of(kind, hops, ...rest));
  fc.assert(
    fc.property(input, (bytes) => {
      try {
        decodeLinkMedia(bytes);
        assert.equal(validateLinkMedia(bytes), 0);
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
        assert.notEqual(validateLinkMedia(bytes), 0);
      }
    }),
    { numRuns: 5000 },
  );
});
