/** Every metric of the relay: name, type, labels and help. Nothing is counted that is not listed here. */
import { CALL_DEFINITIONS } from "./call_definitions.ts";
import { REMOTE_CALL_DEFINITIONS } from "./remote_call_definitions.ts";
import { MAX_PEERS } from "./peer_bound.ts";
import { PROBE_DEFINITIONS } from "./probe_definitions.ts";
import { REGISTRY_DEFINITIONS } from "./registry_definitions.ts";
import { TRAFFIC_DEFINITIONS } from "./traffic_definitions.ts";

interface Described {
  readonly type: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
}
export interface NumberDefinition extends Described {
  readonly shape: "number";
}
export interface FixedDefinition<Value extends string = string> extends Described {
  readonly shape: "fixed";
  readonly label: string;
  readonly values: readonly Value[];
}
export interface FamilyDefinition extends Described {
  readonly shape: "family";
  readonly labels: readonly string[];
  /** Most label combinations kept at a time. */
  readonly max: number;
}
export interface HistogramDefinition extends Omit<Described, "type"> {
  readonly shape: "histogram";
  readonly type: "histogram";
  readonly bounds: readonly number[];
}
export type Definition =
  | NumberDefinition
  | FixedDefinition
  | FamilyDefinition
  | HistogramDefinition;

/** Rooms full of sessions; more series than this no metrics store enjoys. */
const MAX_SESSIONS = 5_000;

/** Scales from a packet's time on the wire to a call that nobody waits for any longer. */
const HANDSHAKE_SECONDS = [.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5];
/** Below 1 ms nobody notices, above 20 ms a voice packet misses its turn. */
const DELAY_SECONDS = [.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1];

const WIRE_REASONS = [
  "truncated",
  "too_large",
  "malformed",
  "not_json",
  "bad_field",
  "stalled",
] as const;

export const DEFINITIONS = {
  // Sessions and media.
  activeSessions: gauge("wzp_relay_active_sessions", "Current sessions in rooms"),
  activeRooms: gauge("wzp_relay_active_rooms", "Current rooms"),
  packetsForwarded: counter(
    "wzp_relay_packets_forwarded_total",
    "Packets forwarded to local receivers, counted per receiver whether or not it took them",
  ),
  bytesForwarded: counter(
    "wzp_relay_bytes_forwarded_total",
    "Payload bytes forwarded to local receivers, headers not included",
  ),
  packetsReceived: counter("wzp_relay_packets_received_total", "Datagrams received from clients"),
  packetsDelivered: counter(
    "wzp_relay_packets_delivered_total",
    "Packets handed to the transport of a local receiver",
  ),
  packetsRejected: fixed(
    "wzp_relay_packets_rejected_total",
    "Datagrams from clients that were not forwarded to anybody",
    "reason",
    ["malformed", "rate_limited", "no_receiver"],
  ),
  packetsDropped: fixed(
    "wzp_relay_packets_dropped_total",
    "Packets that one local receiver did not get",
    "reason",
    ["too_large", "slow_receiver", "stale_receiver", "closed"],
  ),
  joins: fixed(
    "wzp_relay_joins_total",
    "Connections that asked for a room, by how that ended",
    "outcome",
    [
      "joined",
      "gone",
      "bad_room_name",
      "draining",
      "denied",
      "server_busy",
      "handshake_timeout",
      "bad_handshake",
      "not_authorized",
      "server_full",
      "too_many_sessions",
      "room_full",
      "kicked",
    ],
  ),
  slowConsumers: counter(
    "wzp_relay_slow_consumers_total",
    "Clients that were closed because they took nothing that was sent to them",
  ),
  authAttempts: fixed(
    "wzp_relay_auth_attempts_total",
    "Token validations",
    "result",
    ["ok", "fail"],
  ),
  roomHandshakeDuration: histogram(
    "wzp_relay_handshake_duration_seconds",
    "Time from the connection to the answer to its call offer",
    HANDSHAKE_SECONDS,
  ),
  sessionJitterBufferDepth: gaugesBy(
    "wzp_relay_session_jitter_buffer_depth",
    "Packets in the jitter buffer of a session",
    ["session_id"],
    MAX_SESSIONS,
  ),
  sessionLoss: gaugesBy(
    "wzp_relay_session_loss_pct",
    "Packet loss a session reported, in percent",
    ["session_id"],
    MAX_SESSIONS,
  ),
  sessionRtt: gaugesBy(
    "wzp_relay_session_rtt_ms",
    "Round trip time a session reported",
    ["session_id"],
    MAX_SESSIONS,
  ),
  sessionUnderruns: countersBy(
    "wzp_relay_session_underruns_total",
    "Times the jitter buffer of a session ran empty",
    ["session_id"],
    MAX_SESSIONS,
  ),
  sessionOverruns: countersBy(
    "wzp_relay_session_overruns_total",
    "Times the jitter buffer of a session was full",
    ["session_id"],
    MAX_SESSIONS,
  ),
  sessionDredReconstructions: countersBy(
    "wzp_relay_session_dred_reconstructions_total",
    "Frames a session rebuilt by DRED",
    ["session_id"],
    MAX_SESSIONS,
  ),
  sessionClassicalPlc: countersBy(
    "wzp_relay_session_classical_plc_total",
    "Frames a session filled by classical loss concealment",
    ["session_id"],
    MAX_SESSIONS,
  ),

  ...TRAFFIC_DEFINITIONS,

  // Connections and signals.
  connectionsIncoming: counter(
    "wzp_relay_connections_incoming_total",
    "Handshakes that clients began",
  ),
  handshakesInProgress: gauge("wzp_relay_handshakes_in_progress", "Handshakes not finished yet"),
  handshakes: fixed(
    "wzp_relay_handshakes_total",
    "QUIC handshakes by how they ended",
    "outcome",
    ["complete", "failed", "timeout", "peeked", "over_limit", "over_source_limit"],
  ),
  activeConnections: gauge("wzp_relay_active_connections", "Connections that are open"),
  connections: fixed(
    "wzp_relay_connections_total",
    "Connections by the service they asked for",
    "service",
    ["room", "call", "signal", "probe", "federation", "relay", "ping", "version", "unknown"],
  ),
  connectionsClosed: fixed(
    "wzp_relay_connections_closed_total",
    "Connections by how they ended",
    "kind",
    ["peer", "local", "idle", "error"],
  ),
  signalsReceived: counter("wzp_relay_signals_received_total", "Signal messages received"),
  signalsSent: counter("wzp_relay_signals_sent_total", "Signal messages sent"),
  signalsInvalid: fixed(
    "wzp_relay_signals_invalid_total",
    "Signal messages that could not be understood",
    "reason",
    [...WIRE_REASONS, "unknown_variant"],
  ),
  signalsDropped: fixed(
    "wzp_relay_signals_dropped_total",
    "Signal messages that were queued for a receiver and not sent",
    "reason",
    ["queue_full", "coalesced", "closed", "failed"],
  ),

  ...CALL_DEFINITIONS,
  ...REMOTE_CALL_DEFINITIONS,

  // Federation.
  federationPeerStatus: gaugesBy(
    "wzp_federation_peer_status",
    "Whether a peer is connected, 0 or 1",
    ["peer"],
    MAX_PEERS,
  ),
  federationPeerRtt: gaugesBy(
    "wzp_federation_peer_rtt_ms",
    "Round trip time to a peer",
    ["peer"],
    MAX_PEERS,
  ),
  federationRefusals: fixed(
    "wzp_federation_refusals_total",
    "Connections with other relays that ended before a link came of them, of either side's dialling",
    "reason",
    [
      "over_limit",
      "over_source_limit",
      "timeout",
      "gone",
      "bad_hello",
      "wrong_role",
      "unexpected_message",
      "fingerprint_mismatch",
      "own_certificate",
      "replay",
      "bad_proof",
      "unknown_relay",
      "legacy_not_allowed",
      "label_in_use",
    ],
  ),
  federationPacketsForwarded: countersBy(
    "wzp_federation_packets_forwarded_total",
    "Packets to and from a peer",
    ["peer", "direction"],
    2 * MAX_PEERS,
  ),
  federationPacketsDeduped: counter(
    "wzp_federation_packets_deduped_total",
    "Duplicate packets from peers that were dropped",
  ),
  federationPacketsRateLimited: counter(
    "wzp_federation_packets_rate_limited_total",
    "Packets from peers that were dropped by the rate limit",
  ),
  federationPacketsDropped: fixed(
    "wzp_federation_packets_dropped_total",
    "Packets that one peer was not sent, or that came from a peer and were not delivered to anybody",
    "reason",
    [
      "malformed",
      "own",
      "room_not_found",
      "no_receiver",
      "hops",
      "too_large",
      "slow_receiver",
      "stale_receiver",
      "closed",
    ],
  ),
  federationActiveRooms: gauge(
    "wzp_federation_active_rooms",
    "Rooms that are active at peers, summed over the peers",
  ),
  federationAnnouncementsIgnored: fixed(
    "wzp_federation_announcements_ignored_total",
    "What peers said of rooms that did not count; lists of rooms not shared are kept for a while",
    "reason",
    ["malformed", "not_shared", "over_limit", "unexpected"],
  ),

  ...REGISTRY_DEFINITIONS,

  ...PROBE_DEFINITIONS,

  // The process.
  buildInfo: gaugesBy(
    "wzp_relay_build_info",
    "Always 1; the build is in the label",
    ["version"],
    1,
  ),
  startTime: gauge("wzp_relay_start_time_seconds", "Unix time at which the relay started"),
  eventLoopDelay: histogram(
    "wzp_relay_event_loop_delay_seconds",
    "How late timers ran, a measure of how busy the one thread is",
    DELAY_SECONDS,
  ),
  configReloads: fixed(
    "wzp_relay_config_reloads_total",
    "Reloads of the configuration while running",
    "result",
    ["ok", "fail"],
  ),
  internalErrors: counter(
    "wzp_relay_internal_errors_total",
    "Faults of the relay itself that it survived; each has a line in the log",
  ),
  logLinesSuppressed: counter(
    "wzp_relay_log_lines_suppressed_total",
    "Log lines left out because they repeat too often",
  ),
  logLinesLost: counter(
    "wzp_relay_log_lines_lost_total",
    "Log lines that could not be written or waited too long",
  ),
  eventsLost: counter(
    "wzp_relay_events_lost_total",
    "Events that are missing from the event log because its disk was full or too slow",
  ),
  seriesRefused: counter(
    "wzp_relay_metric_series_refused_total",
    "Label combinations that were not kept because a metric had too many",
  ),
} as const satisfies Record<string, Definition>;

function counter(name: string, help: string): NumberDefinition {
  return { shape: "number", type: "counter", name, help };
}

function gauge(name: string, help: string): NumberDefinition {
  return { shape: "number", type: "gauge", name, help };
}

function fixed<const Value extends string>(
  name: string,
  help: string,
  label: string,
  values: readonly Value[],
): FixedDefinition<Value> {
  return { shape: "fixed", type: "counter", name, help, label, values };
}

function countersBy(
  name: string,
  help: string,
  labels: readonly string[],
  max: number,
): FamilyDefinition {
  return { shape: "family", type: "counter", name, help, labels, max };
}

function gaugesBy(
  name: string,
  help: string,
  labels: readonly string[],
  max: number,
): FamilyDefinition {
  return { shape: "family", type: "gauge", name, help, labels, max };
}

function histogram(name: string, help: string, bounds: readonly number[]): HistogramDefinition {
  return { shape: "histogram", type: "histogram", name, help, bounds };
}
