/**
 * The relay as the site sees it. HTTP has a thread of its own, so that nothing asked of it keeps voice waiting; what is
 * read here is as of the last time it was fetched from the relay's thread.
 */
import type { AdminHost, Operations, RouteView } from "../relay/ports/admin.ts";
import type { SampledMetric } from "../relay/ports/counters.ts";
import type { PresencePlace, PresenceView } from "../relay/ports/presence.ts";

/** What can be fetched; named after what reads it. */
export type Part =
  | "state"
  /** `metrics`, without the families of single sessions, ... */
  | "metrics"
  /** ... and only these. */
  | "sessionMetrics"
  | "rooms"
  | "sessions"
  | "calls"
  | "links"
  | "mesh"
  | "directory"
  /** `presence.fingerprints` and `presence.find` */
  | "presence"
  /** `presence.peers` */
  | "peers"
  | "probes"
  | "log"
  | "events"
  /** `configText` and `invitation` */
  | "config"
  | "registration"
  /** `registry.stats` */
  | "registry"
  | "udpRelay"
  | "process";

type Awaitable<Value> = Value | Promise<Value>;
type RoomView = ReturnType<AdminHost["rooms"]> extends Iterable<infer View> ? View : never;

/** Who of a room is here is told by name of the session: all else of them is in `sessions`. */
export interface SiteRoom extends Omit<RoomView, "participants"> {
  readonly participants: readonly { readonly session: string }[];
}

/** Here, or at another relay. */
export type SitePlace =
  | { readonly at: "local" }
  | { readonly at: "remote"; readonly relay: string };

/** Operations are done in the relay's thread. */
export type SiteOperations = {
  readonly [Name in keyof Operations]: (
    ...args: Parameters<Operations[Name]>
  ) => Awaitable<Awaited<ReturnType<Operations[Name]>>>;
};

/** What only the relay's thread knows of the process. */
export interface ProcessFacts {
  /** JavaScript objects of that thread. */
  readonly heapBytes: number;
  /** Unix time. */
  readonly startedSeconds: number;
}

type Seen = "metrics" | "rooms" | "presence" | "route" | "operations";

export interface SiteHost extends Omit<AdminHost, Seen> {
  /**
   * Brings parts up to date: what is read of them afterwards is no older than this call. However many ask at the same time,
   * the relay's thread is asked once.
   */
  fresh(...parts: readonly Part[]): Promise<void>;
  /** Does something every so often, each time when these parts have just been brought up to date. */
  everyFresh(ms: number, parts: readonly Part[], run: () => void): { cancel(): void };
  readonly metrics: () => Iterable<SampledMetric>;
  readonly rooms: () => Iterable<SiteRoom>;
  readonly presence: {
    fingerprints(): Iterable<string>;
    find(fingerprint: string): SitePlace | null;
    peers(): ReturnType<PresenceView["peers"]>;
  };
  /** Asks the relay about one, without fetching all. */
  locate(fingerprint: string): Awaitable<PresencePlace | null>;
  route(fingerprint: string): Awaitable<RouteView>;
  readonly operations: SiteOperations;
  readonly process: () => ProcessFacts;
}
