/** Fuzz targets for media, trunk, link and echo datagrams. */
import { echoDatagram } from "../../proto/echo_datagram.ts";
import {
  decodeLegacyLink,
  encodeLegacyLink,
  validateLegacyLink,
} from "../../proto/legacy_link_datagram.ts";
import {
  decodeLinkMedia,
  encodeLinkMedia,
  type LinkMedia,
  validateLinkMedia,
} from "../../proto/link_datagram.ts";
import { linkProbe } from "../../proto/link_probe.ts";
import { LINK_REASONS } from "../../proto/link_reason.ts";
import {
  codecOf,
  fecBitsOf,
  hasTrailer,
  isRepair,
  MEDIA_REASONS,
  payloadLengthOf,
  seqOf,
  timestampOf,
  validateMedia,
} from "../../proto/media_header.ts";
import { decodeMedia, encodeMedia, type MediaPacket } from "../../proto/media_packet.ts";
import { MiniFrameDecoder, MiniFrameEncoder } from "../../proto/mini_frame.ts";
import type { RoundTripFormat } from "../../proto/round_trip.ts";
import { decodeTrunk, encodeTrunk } from "../../proto/trunk_frame.ts";
import { decoderTarget, ensure, type FuzzTarget, sameBytes } from "./target.ts";

const roomHash = Uint8Array.of(0x0f, 0xea, 0xe1, 0x6d, 0x55, 0x36, 0x5a, 0xcf);
const origin = Uint8Array.of(0x79, 0x2a, 0x11, 0xfe, 0x0b, 0xd3, 0x02, 0x53);

const packets: Uint8Array[] = [
  encodeMedia({ codec: "Opus24k", seq: 1, timestamp: 20, payload: Uint8Array.of(0xf8, 0xff) }),
  encodeMedia({
    codec: "Opus6k",
    seq: 2,
    timestamp: 40,
    payload: new Uint8Array(60).fill(0x55),
    quality: { loss_pct: 25, rtt_4ms: 25, jitter_ms: 20, bitrate_cap_kbps: 200 },
  }),
  encodeMedia({
    codec: "Codec2_1200",
    repair: true,
    fecRatio: 2,
    seq: 65535,
    timestamp: 0xffff_ffff,
    fecBlock: 255,
    fecSymbol: 255,
    reserved: 255,
    payload: new Uint8Array(256),
  }),
  encodeMedia({ codec: "ComfortNoise", seq: 7, timestamp: 340, payload: Uint8Array.of(0x32) }),
  encodeMedia({ codec: "Opus64k", seq: 0, timestamp: 0, payload: new Uint8Array(0) }),
];

/** Everything in place, at an offset taken from the first byte: the answers must not depend on it. */
const mediaInPlace: FuzzTarget = {
  name: "media-in-place",
  corpus: () => packets.map((packet) => Uint8Array.of(0, ...packet)),
  run(bytes) {
    const at = 1 + (bytes[0] ?? 0) % 24;
    const alone = bytes.subarray(Math.min(at, bytes.length));
    const reason = validateMedia(bytes, at);
    ensure(reason === validateMedia(alone), "a packet is as valid at an offset as alone");
    if (reason !== 0) return MEDIA_REASONS[reason];
    ensure(seqOf(bytes, at) === seqOf(alone), "seq does not depend on the offset");
    ensure(timestampOf(bytes, at) === timestampOf(alone), "nor does the timestamp");
    ensure(fecBitsOf(bytes, at) <= 127, "the FEC ratio has 7 bits");
    const length = payloadLengthOf(bytes, at);
    ensure(length >= 0 && length <= alone.length - 12, "the payload lies inside the packet");
    return `ok ${codecOf(bytes, at)} ${isRepair(bytes, at)} ${hasTrailer(bytes, at)}`;
  },
};

const mediaPacket = decoderTarget("media-packet", () => packets, decodeMedia, describePacket);

function describePacket(packet: MediaPacket, bytes: Uint8Array): string {
  ensure(validateMedia(bytes) === 0, "the decoder accepts only what the check accepts");
  const expected = bytes.slice();
  expected[1]! &= 0xfc;
  ensure(sameBytes(encodeMedia(packet), expected), "a decoded packet encodes to the same bytes");
  return `ok ${packet.codec} ${packet.repair} ${packet.quality !== null} ${
    packet.payload.length > 0
  }`;
}

/** More frames in one input show nothing new. */
const MAX_FRAMES = 64;

/** One input is a stream of frames, each behind a length byte, for one decoder. */
const miniFrame: FuzzTarget = {
  name: "mini-frame",
  corpus() {
    const encoder = new MiniFrameEncoder();
    const frames = [...new Array(4).keys()].map((number) =>
      encoder.encode(encodeMedia({
        codec: "Opus24k",
        seq: (65_534 + number) & 0xffff,
        timestamp: (0xffff_ffe0 + number * 20) >>> 0,
        payload: new Uint8Array(number).fill(number),
      }))
    );
    return [Uint8Array.from(frames.flatMap((frame) => [frame.length, ...frame]))];
  },
  run(bytes) {
    const decoder = new MiniFrameDecoder();
    const one = decoderTarget("frame", () => [], (frame) => decoder.decode(frame), (packet) => {
      ensure(validateMedia(packet) === 0, "a decoded frame is a valid packet");
      return "ok";
    });
    const ends = new Set<string>();
    let last = "empty";
    for (let at = 0, frames = 0; at < bytes.length && frames < MAX_FRAMES; frames++) {
      const length = bytes[at]!;
      last = one.run(bytes.subarray(at + 1, at + 1 + length));
      ends.add(last);
      at += 1 + length;
    }
    return `${last} ${[...ends].sort().join(" ")}`;
  },
};

const trunkFrame = decoderTarget(
  "trunk-frame",
  () => [
    encodeTrunk([]),
    encodeTrunk(packets.map((packet, session) => ({ session, packet }))),
  ],
  decodeTrunk,
  (entries, bytes) => {
    const again = encodeTrunk(entries);
    ensure(sameBytes(again, bytes.subarray(0, again.length)), "entries encode to the same bytes");
    return `ok ${Math.min(entries.length, 9)} ${again.length === bytes.length}`;
  },
);

const legacyLink = decoderTarget(
  "legacy-link",
  () => packets.map((packet) => encodeLegacyLink({ roomHash, packet })),
  decodeLegacyLink,
  (link, bytes) => {
    ensure(validateLegacyLink(bytes) === 0, "the decoder accepts only what the check accepts");
    ensure(sameBytes(encodeLegacyLink(link), bytes), "a datagram encodes to the same bytes");
    return `ok ${codecOf(link.packet)}`;
  },
);

const linkMedia: FuzzTarget = {
  name: "link-media",
  corpus: () =>
    packets.map((packet, sender) =>
      encodeLinkMedia({ hopsLeft: sender, roomHash, origin, sender, packet })
    ),
  run(bytes) {
    const reason = LINK_REASONS[validateLinkMedia(bytes)];
    const outcome = decodeLink.run(bytes);
    ensure((reason === "ok") === outcome.startsWith("ok"), "check and decoder agree");
    return reason === "ok" ? outcome : `${reason} ${outcome}`;
  },
};

const decodeLink = decoderTarget("link", () => [], decodeLinkMedia, (link: LinkMedia, bytes) => {
  ensure(sameBytes(encodeLinkMedia(link), bytes), "a datagram encodes to the same bytes");
  return `ok ${link.hopsLeft} ${codecOf(link.packet)}`;
});

function roundTrip(name: string, format: RoundTripFormat): FuzzTarget {
  return decoderTarget(
    name,
    () => [
      format.encode({ kind: "request", seq: 1, clockUs: 1_000_000n }),
      format.encode({ kind: "reply", seq: 0xffff_ffff, clockUs: (1n << 64n) - 1n }),
    ],
    (bytes) => format.decode(bytes),
    (value, bytes) => {
      ensure(format.matches(bytes), "the decoder accepts only what matches");
      ensure(sameBytes(format.encode(value), bytes), "it encodes to the same bytes");
      return `ok ${value.kind}`;
    },
  );
}

export const mediaTargets: readonly FuzzTarget[] = [
  mediaInPlace,
  mediaPacket,
  miniFrame,
  trunkFrame,
  legacyLink,
  linkMedia,
  roundTrip("link-probe", linkProbe),
  roundTrip("echo", echoDatagram),
];
