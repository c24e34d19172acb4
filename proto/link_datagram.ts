/** Media between our own relays (link datagrams version 2, kind 1): room, origin and sender in front of the packet. */
import { readU32, requireUint, writeU32 } from "./byte_order.ts";
import { WireError } from "./errors.ts";
import { LINK_HOPS, LINK_KIND, LINK_SHORT, type LinkReason } from "./link_reason.ts";
import { validateMedia } from "./media_header.ts";
import { requireMedia } from "./media_packet.ts";
import { ROOM_HASH_BYTES } from "./room_hash.ts";

export interface LinkMedia {
  /** How many more relays may pass it on, 0 to 8. */
  readonly hopsLeft: number;
  readonly roomHash: Uint8Array;
  /** First eight bytes of the TLS fingerprint of the relay the sender is connected to. */
  readonly origin: Uint8Array;
  /** Participant number at the origin. */
  readonly sender: number;
  /** A valid media packet. */
  readonly packet: Uint8Array;
}

/*
 * byte 0       kind, 01
 * byte 1       hops left
 * byte 2-9     room hash
 * byte 10-17   origin relay
 * byte 18-21   sender u32
 * byte 22..    media packet
 */

/** First byte of every version 2 datagram. */
const LINK_KIND_MEDIA = 1;
export const LINK_KIND_PROBE = 2;

/** Where the media packet begins; pass it as `at` to the header readers. */
export const LINK_HEADER_BYTES = 22;

/** Hops left when a packet leaves its origin. More than that is malformed, or a loop could be made endless. */
export const MAX_HOPS = 8;

const ORIGIN_BYTES = 8;

/** Where the room hash and the origin stand, for comparing them in place. */
export const LINK_ROOM_AT = 2;
export const LINK_ORIGIN_AT = 10;
const SENDER_AT = 18;

/** 0 when this is link media with a valid packet inside, else the reason. Hops 0 is valid, but not to be passed on. */
export function validateLinkMedia(bytes: Uint8Array): LinkReason {
  if (bytes.length < LINK_HEADER_BYTES) return LINK_SHORT;
  if (bytes[0] !== LINK_KIND_MEDIA) return LINK_KIND;
  if (bytes[1]! > MAX_HOPS) return LINK_HOPS;
  return validateMedia(bytes, LINK_HEADER_BYTES);
}

/** The kind byte, or -1 for an empty datagram. */
export function linkKindOf(bytes: Uint8Array): number {
  return bytes.length === 0 ? -1 : bytes[0]!;
}

export function hopsLeftOf(bytes: Uint8Array): number {
  return bytes[1]!;
}

/** Changes the hops left in place, so that a datagram can be passed on without being built again. */
export function setHopsLeft(bytes: Uint8Array, hops: number): void {
  bytes[1] = hops;
}

export function senderOf(bytes: Uint8Array): number {
  return readU32(bytes, SENDER_AT);
}

/** True when the datagram began at the relay with this 8-byte origin: it must never be sent there. */
export function isFromOrigin(bytes: Uint8Array, origin: Uint8Array): boolean {
  return readU32(bytes, LINK_ORIGIN_AT) === readU32(origin, 0) &&
    readU32(bytes, LINK_ORIGIN_AT + 4) === readU32(origin, 4);
}

/** Builds a datagram. One result serves all version 2 links. */
export function encodeLinkMedia(media: LinkMedia): Uint8Array {
  requireUint("hops left", media.hopsLeft, MAX_HOPS);
  requireUint("sender", media.sender, 0xffff_ffff);
  if (media.roomHash.length !== ROOM_HASH_BYTES || media.origin.length !== ORIGIN_BYTES) {
    throw new RangeError("Cannot encode link datagram: room hash and origin have 8 bytes each");
  }
  const bytes = new Uint8Array(LINK_HEADER_BYTES + media.packet.length);
  bytes[0] = LINK_KIND_MEDIA;
  bytes[1] = media.hopsLeft;
  bytes.set(media.roomHash, LINK_ROOM_AT);
  bytes.set(media.origin, LINK_ORIGIN_AT);
  writeU32(bytes, SENDER_AT, media.sender);
  bytes.set(media.packet, LINK_HEADER_BYTES);
  return bytes;
}

/** Reads a datagram; the parts are views into `bytes`. Throws WireError. */
export function decodeLinkMedia(bytes: Uint8Array): LinkMedia {
  switch (validateLinkMedia(bytes)) {
    case LINK_SHORT:
      throw new WireError("truncated", "Cannot parse link datagram: header is cut off");
    case LINK_KIND:
      throw new WireError("malformed", "Cannot parse link datagram: not media");
    case LINK_HOPS:
      throw new WireError("malformed", "Cannot parse link datagram: too many hops left");
  }
  requireMedia(bytes, LINK_HEADER_BYTES);
  return {
    hopsLeft: hopsLeftOf(bytes),
    roomHash: bytes.subarray(LINK_ROOM_AT, LINK_ORIGIN_AT),
    origin: bytes.subarray(LINK_ORIGIN_AT, SENDER_AT),
    sender: senderOf(bytes),
    packet: bytes.subarray(LINK_HEADER_BYTES),
  };
}
