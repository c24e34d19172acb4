/** The 12-byte media header, read and checked in place: what the relay does with every packet. */
import { CODEC_IDS, type CodecId } from "./codec.ts";
import { readU16, readU32 } from "./byte_order.ts";
import { QUALITY_REPORT_BYTES } from "./quality_report.ts";

export const MEDIA_HEADER_BYTES = 12;

/** Bits of byte 0. */
export const REPAIR_BIT = 0x40;
export const TRAILER_BIT = 0x02;

/** Answer of `validateMedia`: 0 is valid, everything else is an index into `MEDIA_REASONS`. */
export type MediaReason = 0 | 1 | 2 | 3;

/** Why a packet is malformed, by reason code; drop reason and metric label. Entry 0 is never a reason. */
export const MEDIA_REASONS = ["ok", "media_short", "media_codec", "media_trailer"] as const;

/** Shorter than a header. */
export const MEDIA_SHORT: MediaReason = 1;
/** Codec 9 to 15, which no peer of version 1 understands. */
export const MEDIA_CODEC: MediaReason = 2;
/** Announces a quality trailer that does not fit behind the header. */
export const MEDIA_TRAILER: MediaReason = 3;

/*
 * All readers take the packet that reaches from `at` to the end of `bytes` and trust that `validateMedia`
 * accepted it. The version bit is not checked and the two low bits of byte 1 are ignored, as by the original.
 */

/** 0 when the bytes from `at` to the end are a media packet, else the reason. An empty payload is valid. */
export function validateMedia(bytes: Uint8Array, at = 0): MediaReason {
  const length = bytes.length - at;
  if (length < MEDIA_HEADER_BYTES) return MEDIA_SHORT;
  const first = bytes[at]!;
  if (((first >> 2) & 15) >= CODEC_IDS.length) return MEDIA_CODEC;
  if ((first & TRAILER_BIT) !== 0 && length < MEDIA_HEADER_BYTES + QUALITY_REPORT_BYTES) {
    return MEDIA_TRAILER;
  }
  return 0;
}

/** The version bit; every known sender writes 0. */
export function versionOf(bytes: Uint8Array, at = 0): number {
  return bytes[at]! >> 7;
}

/** True for an FEC repair packet, false for a source packet. */
export function isRepair(bytes: Uint8Array, at = 0): boolean {
  return (bytes[at]! & REPAIR_BIT) !== 0;
}

/** True when the last four bytes are a quality report. */
export function hasTrailer(bytes: Uint8Array, at = 0): boolean {
  return (bytes[at]! & TRAILER_BIT) !== 0;
}

/** The 4-bit codec number; an index into `CODECS`. */
export function codecWireIdOf(bytes: Uint8Array, at = 0): number {
  return (bytes[at]! >> 2) & 15;
}

/** The codec's name. */
export function codecOf(bytes: Uint8Array, at = 0): CodecId {
  return CODEC_IDS[(bytes[at]! >> 2) & 15]!;
}

/** The 7-bit form of the repair ratio. */
export function fecBitsOf(bytes: Uint8Array, at = 0): number {
  return ((bytes[at]! & 1) << 6) | (bytes[at + 1]! >> 2);
}

/** Repair packets per source packet, 0 to 2. */
export function fecRatioOf(bytes: Uint8Array, at = 0): number {
  return decodeFecRatio(fecBitsOf(bytes, at));
}

export function seqOf(bytes: Uint8Array, at = 0): number {
  return readU16(bytes, at + 2);
}

/** Milliseconds since the sender began, for most senders; treat as opaque. */
export function timestampOf(bytes: Uint8Array, at = 0): number {
  return readU32(bytes, at + 4);
}

export function fecBlockOf(bytes: Uint8Array, at = 0): number {
  return bytes[at + 8]!;
}

export function fecSymbolOf(bytes: Uint8Array, at = 0): number {
  return bytes[at + 9]!;
}

export function reservedOf(bytes: Uint8Array, at = 0): number {
  return bytes[at + 10]!;
}

export function csrcCountOf(bytes: Uint8Array, at = 0): number {
  return bytes[at + 11]!;
}

/** Bytes of codec payload: without header and trailer. */
export function payloadLengthOf(bytes: Uint8Array, at = 0): number {
  const trailer = hasTrailer(bytes, at) ? QUALITY_REPORT_BYTES : 0;
  return bytes.length - at - MEDIA_HEADER_BYTES - trailer;
}

/** The 7-bit form of a repair ratio. Computed in 32-bit floats like the original, halves away from zero. */
export function encodeFecRatio(ratio: number): number {
  if (!(ratio >= 0)) throw new RangeError(`Cannot encode FEC ratio: ${ratio} is not 0 or more`);
  return Math.min(127, Math.round(Math.fround(Math.fround(ratio) * 63.5)));
}

/** The repair ratio of a 7-bit value. */
export function decodeFecRatio(bits: number): number {
  return bits / 63.5;
}
