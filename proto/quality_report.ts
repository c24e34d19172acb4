/** The 4-byte quality trailer: a sender's view of its own path to the relay. */
import { requireUint } from "./byte_order.ts";

/** Four bytes as they stand on the wire; the field names are those of the signal JSON. */
export interface QualityReport {
  /** 0 to 255 for 0 to 100 %. */
  readonly loss_pct: number;
  /** Round trip in units of 4 ms. */
  readonly rtt_4ms: number;
  readonly jitter_ms: number;
  readonly bitrate_cap_kbps: number;
}

/** What the transport measured. */
export interface PathQuality {
  /** 0 to 100. */
  readonly lossPercent: number;
  readonly rttMs: number;
  readonly jitterMs: number;
}

export const QUALITY_REPORT_BYTES = 4;

/** The cap real clients send; nothing acts on it. */
const DEFAULT_BITRATE_CAP_KBPS = 200;

/** Builds a report the way clients do: every figure is clamped to its byte and truncated, never rounded. */
export function qualityReportOf(
  path: PathQuality,
  bitrateCapKbps = DEFAULT_BITRATE_CAP_KBPS,
): QualityReport {
  return {
    loss_pct: byteOf((path.lossPercent / 100) * 255),
    rtt_4ms: byteOf(path.rttMs / 4),
    jitter_ms: byteOf(path.jitterMs),
    bitrate_cap_kbps: byteOf(bitrateCapKbps),
  };
}

/** Reads the report that starts at `at`. The caller has checked the length. */
export function readQualityReport(bytes: Uint8Array, at: number): QualityReport {
  return {
    loss_pct: bytes[at]!,
    rtt_4ms: bytes[at + 1]!,
    jitter_ms: bytes[at + 2]!,
    bitrate_cap_kbps: bytes[at + 3]!,
  };
}

/** Writes the report at `at`; throws RangeError when a field is not a byte. */
export function writeQualityReport(bytes: Uint8Array, at: number, report: QualityReport): void {
  requireUint("loss_pct", report.loss_pct, 255);
  requireUint("rtt_4ms", report.rtt_4ms, 255);
  requireUint("jitter_ms", report.jitter_ms, 255);
  requireUint("bitrate_cap_kbps", report.bitrate_cap_kbps, 255);
  bytes[at] = report.loss_pct;
  bytes[at + 1] = report.rtt_4ms;
  bytes[at + 2] = report.jitter_ms;
  bytes[at + 3] = report.bitrate_cap_kbps;
}

/** Loss in percent of a packet that ends in a trailer. */
export function lossPercentOf(packet: Uint8Array): number {
  return (packet[packet.length - 4]! / 255) * 100;
}

/** Round trip in milliseconds of a packet that ends in a trailer; 1020 means that or more. */
export function rttMsOf(packet: Uint8Array): number {
  return packet[packet.length - 3]! * 4;
}

/** Jitter in milliseconds of a packet that ends in a trailer. */
export function jitterMsOf(packet: Uint8Array): number {
  return packet[packet.length - 2]!;
}

/** Bitrate cap in kbit/s of a packet that ends in a trailer. */
export function bitrateCapKbpsOf(packet: Uint8Array): number {
  return packet[packet.length - 1]!;
}

/** A figure nobody measured (NaN) counts as 0. */
function byteOf(value: number): number {
  return value > 0 ? Math.trunc(Math.min(255, value)) : 0;
}
