/** The types that messages are made of. */
import { CODEC_IDS } from "../codec.ts";
import { enumOf, f32, type Infer, optional, string, struct, u8 } from "./descriptor.ts";
import type { MessageType } from "./descriptor.ts";

/** Codec names as messages spell them. */
const codecId = enumOf(...CODEC_IDS);

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

/** A participant of a global room, as the relay tells it that answers for it. */
export const roomMember = struct("RoomMember", {
  fingerprint: string,
  alias: optional(string, "null"),
  /** Where the answering relay learned it from a relay of the original kind: the label that one goes by. */
  relay_label: optional(string, "omit"),
  /** And that one's TLS fingerprint, 64 hex digits. */
  via: optional(string, "omit"),
});

export const callAcceptMode = enumOf("Reject", "AcceptTrusted", "AcceptGeneric");
export const hangupReason = enumOf("Normal", "Busy", "Declined", "Timeout", "Error");

export type RoomParticipant = Infer<typeof roomParticipant, MessageType>;
export type RoomMember = Infer<typeof roomMember, MessageType>;
export type CallAcceptMode = Infer<typeof callAcceptMode, MessageType>;
export type HangupReason = Infer<typeof hangupReason, MessageType>;
