/** The 36 messages of the original protocol, in its order. */
import {
  bool,
  bytes,
  bytes32,
  list,
  listOrAbsent,
  message,
  optional,
  string,
  u32,
  u64,
  u8,
  withDefault,
} from "./descriptor.ts";
import {
  answerExt,
  contactExt,
  forwardExt,
  helloExt,
  plainExt,
  presenceExt,
  rttsExt,
  setupExt,
  welcomeExt,
} from "./ext.ts";
import {
  callAcceptMode,
  hangupReason,
  qualityProfile,
  qualityReport,
  roomParticipant,
} from "./nested_types.ts";

/** Variant name to its fields. An original peer understands these and no others. */
export const ORIGINAL_MESSAGES = {
  /** Client to relay, first on a media connection: keys and wishes; the signature is over both keys. */
  CallOffer: {
    identity_pub: bytes32,
    ephemeral_pub: bytes32,
    signature: bytes,
    supported_profiles: list(qualityProfile),
    alias: optional(string, "null"),
    ext: rttsExt,
  },
  /** The relay's reply; must be the first stream it opens on the connection. */
  CallAnswer: {
    identity_pub: bytes32,
    ephemeral_pub: bytes32,
    signature: bytes,
    chosen_profile: qualityProfile,
    ext: welcomeExt,
  },
  /** Client to client; original relays do not read it. */
  IceCandidate: { candidate: string },
  /** New ephemeral key, signed. */
  Rekey: { new_ephemeral_pub: bytes32, signature: bytes },
  /** A client's view of its link and the profile it would like. */
  QualityUpdate: { report: qualityReport, recommended_profile: qualityProfile },
  /** A client's counters of concealed losses. */
  LossRecoveryUpdate: {
    dred_reconstructions: withDefault(u64, 0),
    classical_plc_invocations: withDefault(u64, 0),
    frames_decoded: withDefault(u64, 0),
  },
  /** Probe; the other side echoes the timestamp in a Pong. */
  Ping: { timestamp_ms: u64 },
  /** Echo of a Ping. */
  Pong: { timestamp_ms: u64 },
  /** End of a call. Real clients send no `call_id`: then it means all their calls. */
  Hangup: { reason: hangupReason, call_id: optional(string, "omit") },
  /** First message where the relay asks for a token. */
  AuthToken: { token: string },
  Hold: "unit",
  Unhold: "unit",
  Mute: "unit",
  Unmute: "unit",
  /** Hands a call over to another fingerprint, perhaps on another relay. */
  Transfer: { target_fingerprint: string, relay_addr: optional(string, "null") },
  TransferAck: "unit",
  /** Relay to relay on a probe connection: who is here. */
  PresenceUpdate: { fingerprints: list(string), relay_addr: string },
  /** Asks where a fingerprint is; `ttl` hops at most. */
  RouteQuery: { fingerprint: string, ttl: u8 },
  /** Answers a RouteQuery; the chain is empty when nothing was found. */
  RouteResponse: { fingerprint: string, found: bool, relay_chain: list(string) },
  /** Asks a relay to take a session of another relay. */
  SessionForward: { session_id: string, target_fingerprint: string, source_relay: string },
  /** Names the room in which the forwarded session goes on. */
  SessionForwardAck: { session_id: string, room_name: string },
  /** Relay to client after every join and leave; only the newest counts. */
  RoomUpdate: { count: u32, participants: list(roomParticipant) },
  /** First message on a federation link; the fingerprint is in colon form. */
  FederationHello: { tls_fingerprint: string, ext: helloExt },
  /** A global room has participants here; replaces the previous list of this room. */
  GlobalRoomActive: { room: string, participants: withDefault(list(roomParticipant), []) },
  /** A global room is empty here. */
  GlobalRoomInactive: { room: string },
  /** First message of a `_signal` client; originals send an empty signature. */
  RegisterPresence: {
    identity_pub: bytes32,
    signature: bytes,
    alias: optional(string, "null"),
    ext: presenceExt,
  },
  /** Its reply; must be the first stream the relay opens. Relays are `name|addr`. */
  RegisterPresenceAck: {
    success: bool,
    error: optional(string, "omit"),
    relay_build: optional(string, "omit"),
    relay_region: optional(string, "omit"),
    available_relays: listOrAbsent(string),
    ext: plainExt,
  },
  /** Caller to relay to callee. Real clients send zero keys and an empty signature. */
  DirectCallOffer: {
    caller_fingerprint: string,
    caller_alias: optional(string, "null"),
    target_fingerprint: string,
    call_id: string,
    identity_pub: bytes32,
    ephemeral_pub: bytes32,
    signature: bytes,
    supported_profiles: list(qualityProfile),
    caller_reflexive_addr: optional(string, "omit"),
    caller_local_addrs: listOrAbsent(string),
    caller_build_version: optional(string, "omit"),
    ext: contactExt,
  },
  /** Callee to relay to caller; a rejection is passed on as a Hangup. */
  DirectCallAnswer: {
    call_id: string,
    accept_mode: callAcceptMode,
    identity_pub: optional(bytes32, "omit"),
    ephemeral_pub: optional(bytes32, "omit"),
    signature: optional(bytes, "omit"),
    chosen_profile: optional(qualityProfile, "omit"),
    callee_reflexive_addr: optional(string, "omit"),
    callee_local_addrs: listOrAbsent(string),
    callee_build_version: optional(string, "omit"),
    ext: answerExt,
  },
  /** Relay to both parties of an accepted call: where the media goes. */
  CallSetup: {
    call_id: string,
    room: string,
    relay_addr: string,
    peer_direct_addr: optional(string, "omit"),
    peer_local_addrs: listOrAbsent(string),
    ext: setupExt,
  },
  /** Relay to caller: the callee has been told. */
  CallRinging: { call_id: string },
  /** Asks for the address the relay sees. */
  Reflect: "unit",
  /** Answers Reflect; canonical text, since peers compare it as a string. */
  ReflectResponse: { observed_addr: string },
  /** How the race for the media path ended; `race_winner` is `Direct` or `Relay`. */
  MediaPathReport: { call_id: string, direct_ok: bool, race_winner: withDefault(string, "") },
  /** A call signal from another relay; the origin is in colon form. `inner` may be of an unknown variant. */
  FederatedSignalForward: { inner: message, origin_relay_fp: string, ext: forwardExt },
  /** Relay to client: send with this profile from now on. */
  QualityDirective: { recommended_profile: qualityProfile, reason: optional(string, "omit") },
} as const;
