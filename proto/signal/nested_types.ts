/** The types that messages are made of, and the quality profiles everybody knows by name. */
import { enumOf, f32, type Infer, optional, string, struct, u8 } from "./descriptor.ts";
import type { MessageType } from "./descriptor.ts";

/** Codec names as messages spell them. */
export const codecId = enumOf(
  "Opus24k",
  "Opus16k",
  "Opus6k",
  "Codec2_3200",
  "Codec2_1200",
  "ComfortNoise",
  "Opus32k",
  "Opus48k",
  "Opus64k",
);

export const qualityProfile = struct("QualityProfile", {
  codec: codecId,
  fec_ratio: f32,
  frame_duration_ms: u8,
  frames_per_block: u8,
});

export const qualityReport = struct("QualityReport", {
  loss_pct: u8,
  /** Round trip in units of 4 ms. */
  rtt_4ms: u8,
  jitter_ms: u8,
  bitrate_cap_kbps: u8,
});

export const roomParticipant = struct("RoomParticipant", {
  fingerprint: string,
  alias: optional(string, "null"),
  /** The relay a remote participant is on; null for a local one. */
  relay_label: optional(string, "null"),
});

export const callAcceptMode = enumOf("Reject", "AcceptTrusted", "AcceptGeneric");
export const hangupReason = enumOf("Normal", "Busy", "Declined", "Timeout", "Error");

export type CodecName = Infer<typeof codecId, MessageType>;
export type QualityProfile = Infer<typeof qualityProfile, MessageType>;
export type QualityReport = Infer<typeof qualityReport, MessageType>;
export type RoomParticipant = Infer<typeof roomParticipant, MessageType>;
export type CallAcceptMode = Infer<typeof callAcceptMode, MessageType>;
export type HangupReason = Infer<typeof hangupReason, MessageType>;

const profile = (
  codec: CodecName,
  fec_ratio: number,
  frame_duration_ms: number,
  frames_per_block: number,
): QualityProfile => Object.freeze({ codec, fec_ratio, frame_duration_ms, frames_per_block });

/** The profiles with a name. */
export const PROFILES = {
  GOOD: profile("Opus24k", 0.2, 20, 5),
  DEGRADED: profile("Opus6k", 0.5, 40, 10),
  CATASTROPHIC: profile("Codec2_1200", 1, 40, 8),
  STUDIO_32K: profile("Opus32k", 0.1, 20, 5),
  STUDIO_48K: profile("Opus48k", 0.1, 20, 5),
  STUDIO_64K: profile("Opus64k", 0.1, 20, 5),
} as const;
