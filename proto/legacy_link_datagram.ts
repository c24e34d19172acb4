/** Media between relays of the original kind: the room hash, then the media packet unchanged. */
import { WireError } from "./errors.ts";
import { validateMedia } from "./media_header.ts";
import { requireMedia } from "./media_packet.ts";
import { ROOM_HASH_BYTES } from "./room_hash.ts";
import { LINK_SHORT, type LinkReason } from "./link_reason.ts";

export interface LegacyLinkMedia {
  readonly roomHash: Uint8Array;
  /** A valid media packet. */
  readonly packet: Uint8Array;
}

/** Where the media packet begins; pass it as `at` to the header readers. */
export const LEGACY_LINK_HEADER_BYTES = ROOM_HASH_BYTES;

/** Below this a datagram is ignored without being counted as malformed media. */
const MIN_BYTES = 12;

/** 0 when this is a room hash and a valid media packet, else the reason. */
export function validateLegacyLink(bytes: Uint8Array): LinkReason {
  if (bytes.length < MIN_BYTES) return LINK_SHORT;
  return validateMedia(bytes, LEGACY_LINK_HEADER_BYTES);
}

/** Tags a packet for a link, in memory of its own or just as long. One result serves all legacy links. */
export function encodeLegacyLink(
  { roomHash, packet }: LegacyLinkMedia,
  bytes: Uint8Array = new Uint8Array(LEGACY_LINK_HEADER_BYTES + packet.length),
): Uint8Array {
  if (roomHash.length !== ROOM_HASH_BYTES) {
    throw new RangeError(`Cannot encode link datagram: room hash has ${roomHash.length} bytes`);
  }
  bytes.set(roomHash);
  bytes.set(packet, LEGACY_LINK_HEADER_BYTES);
  return bytes;
}

/** Reads a tagged packet; the parts are views into `bytes`. Throws WireError. */
export function decodeLegacyLink(bytes: Uint8Array): LegacyLinkMedia {
  if (bytes.length < LEGACY_LINK_HEADER_BYTES) {
    throw new WireError("truncated", "Cannot parse link datagram: room hash is cut off");
  }
  requireMedia(bytes, LEGACY_LINK_HEADER_BYTES);
  return {
    roomHash: bytes.subarray(0, LEGACY_LINK_HEADER_BYTES),
    packet: bytes.subarray(LEGACY_LINK_HEADER_BYTES),
  };
}
