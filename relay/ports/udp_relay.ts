/** The relay for WireGuard packets as the rest of the relay sees it. It runs in a worker of its own. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Counters } from "./counters.ts";
import type { Log } from "./log.ts";

/** Peers that may reach each other and nobody else, by their WireGuard keys (32 bytes each, base64). */
export interface UdpGroup {
  readonly name: string;
  readonly keys: readonly string[];
}

export interface UdpPeerView {
  readonly group: string;
  /** The first characters of its key; null while it is not known which one it has. */
  readonly key: string | null;
  readonly endpoint: string;
  /** Whether another peer has answered its handshake. */
  readonly verified: boolean;
  readonly ageMs: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
}

export interface UdpBlockView {
  readonly ip: string;
  readonly by: "automatic" | "operator";
  readonly reason: string;
  /** Unix milliseconds; null until an operator lifts it. */
  readonly until: number | null;
}

export interface UdpRelayView {
  readonly listen: SocketAddress;
  readonly groups: number;
  readonly keys: number;
  /** At most 1,000. */
  readonly peers: readonly UdpPeerView[];
  readonly peersTotal: number;
  readonly sessions: number;
  readonly blocked: readonly UdpBlockView[];
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsForwarded: number;
  readonly bytesForwarded: number;
  /** By reason; in = forwarded + the sum of these. */
  readonly drops: Readonly<Record<string, number>>;
}

export interface UdpRelay {
  readonly port: number;
  /** As of the last second. */
  view(): UdpRelayView;
  /** Replaces the groups that come from parties; those of the configuration stay. */
  partyGroups(groups: readonly UdpGroup[]): void;
  /** Replaces those of the configuration. */
  ownGroups(groups: readonly UdpGroup[]): void;
  /** `ms` null: until lifted. */
  block(ip: string, ms: number | null): void;
  /** False when it was not blocked. */
  unblock(ip: string): boolean;
  close(): Promise<void>;
}

export interface UdpRelayHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly listen: SocketAddress;
  readonly settings: UdpRelaySettings;
}

export interface UdpRelaySettings {
  readonly groups: readonly UdpGroup[];
  readonly maxPeers: number;
  /** Of each source. */
  readonly packetsPerSecond: number;
  readonly kbitPerSecond: number;
}

/** Rejects with `StartError` when the port cannot be had. */
export type OpenUdpRelay = (host: UdpRelayHost) => Promise<UdpRelay>;
