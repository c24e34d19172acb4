/** A media packet as an object, for clients, tools and tests; the relay itself reads headers in place. */
import { requireUint, writeU16, writeU32 } from "./byte_order.ts";
import { type CodecId, codecNamed } from "./codec.ts";
import { WireError } from "./errors.ts";
import {
  codecOf,
  csrcCountOf,
  encodeFecRatio,
  fecBlockOf,
  fecRatioOf,
  fecSymbolOf,
  hasTrailer,
  isRepair,
  MEDIA_CODEC,
  MEDIA_HEADER_BYTES,
  MEDIA_SHORT,
  payloadLengthOf,
  REPAIR_BIT,
  reservedOf,
  seqOf,
  timestampOf,
  TRAILER_BIT,
  validateMedia,
  versionOf,
} from "./media_header.ts";
import {
  QUALITY_REPORT_BYTES,
  type QualityReport,
  readQualityReport,
  writeQualityReport,
} from "./quality_report.ts";

export interface MediaPacket {
  /** The version bit. */
  readonly version: number;
  readonly repair: boolean;
  readonly codec: CodecId;
  /** Repair packets per source packet; kept to 1/63.5 on the wire, at most 2. */
  readonly fecRatio: number;
  readonly seq: number;
  readonly timestamp: number;
  readonly fecBlock: number;
  readonly fecSymbol: number;
  readonly reserved: number;
  readonly csrcCount: number;
  readonly payload: Uint8Array;
  /** The trailer, or null when the packet has none. */
  readonly quality: QualityReport | null;
}

/** What a sender has to say; everything else defaults to zero, a source packet without trailer. */
export type MediaPacketInit =
  & Pick<MediaPacket, "codec" | "seq" | "timestamp" | "payload">
  & Partial<MediaPacket>;

/** Reads a packet; `payload` is a view into `bytes`. Throws WireError for anything malformed. */
export function decodeMedia(bytes: Uint8Array): MediaPacket {
  requireMedia(bytes);
  const payloadEnd = MEDIA_HEADER_BYTES + payloadLengthOf(bytes);
  return {
    version: versionOf(bytes),
    repair: isRepair(bytes),
    codec: codecOf(bytes),
    fecRatio: fecRatioOf(bytes),
    seq: seqOf(bytes),
    timestamp: timestampOf(bytes),
    fecBlock: fecBlockOf(bytes),
    fecSymbol: fecSymbolOf(bytes),
    reserved: reservedOf(bytes),
    csrcCount: csrcCountOf(bytes),
    payload: bytes.subarray(MEDIA_HEADER_BYTES, payloadEnd),
    quality: hasTrailer(bytes) ? readQualityReport(bytes, payloadEnd) : null,
  };
}

/** Writes a packet; throws RangeError for a field that does not fit. */
export function encodeMedia(packet: MediaPacketInit): Uint8Array {
  const {
    version = 0,
    repair = false,
    fecRatio = 0,
    fecBlock = 0,
    fecSymbol = 0,
    reserved = 0,
    csrcCount = 0,
    quality = null,
  } = packet;
  requireUint("version", version, 1);
  requireUint("seq", packet.seq, 0xffff);
  requireUint("timestamp", packet.timestamp, 0xffff_ffff);
  requireUint("fecBlock", fecBlock, 255);
  requireUint("fecSymbol", fecSymbol, 255);
  requireUint("reserved", reserved, 255);
  requireUint("csrcCount", csrcCount, 255);

  const payloadEnd = MEDIA_HEADER_BYTES + packet.payload.length;
  const bytes = new Uint8Array(payloadEnd + (quality === null ? 0 : QUALITY_REPORT_BYTES));
  const fec = encodeFecRatio(fecRatio);
  bytes[0] = (version << 7) | (repair ? REPAIR_BIT : 0) | (codecNamed(packet.codec).wireId << 2) |
    (quality === null ? 0 : TRAILER_BIT) | (fec >> 6);
  bytes[1] = fec << 2;
  writeU16(bytes, 2, packet.seq);
  writeU32(bytes, 4, packet.timestamp);
  bytes[8] = fecBlock;
  bytes[9] = fecSymbol;
  bytes[10] = reserved;
  bytes[11] = csrcCount;
  bytes.set(packet.payload, MEDIA_HEADER_BYTES);
  if (quality !== null) writeQualityReport(bytes, payloadEnd, quality);
  return bytes;
}

/** Throws the WireError that says why the bytes from `at` on are no media packet, if they are none. */
export function requireMedia(bytes: Uint8Array, at = 0): void {
  const reason = validateMedia(bytes, at);
  if (reason === 0) return;
  if (reason === MEDIA_CODEC) {
    throw new WireError("malformed", "Cannot parse media packet: unknown codec");
  }
  const part = reason === MEDIA_SHORT ? "header" : "quality trailer";
  throw new WireError("truncated", `Cannot parse media packet: ${part} is cut off`);
}
