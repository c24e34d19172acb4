/** What the API answers, as the console reads it. */

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly total: number;
}

export interface Tap {
  readonly id: string;
  /** Null watches all rooms. */
  readonly room: string | null;
  readonly since: number;
  readonly endsAt: number;
  readonly viewed: boolean;
}

export interface Overview {
  readonly state: string;
  readonly full: boolean;
  readonly misconfigured: readonly string[];
  readonly build: string;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  readonly now: number;
  readonly uptimeS: number;
  readonly tlsFingerprint: string;
  readonly sessions: number;
  readonly rooms: number;
  readonly calls: number;
  readonly links: number;
  readonly rates: {
    readonly packetsIn: number;
    readonly packetsOut: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
  };
  /** Since the start, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  readonly eventLoopDelayMs: { readonly p50: number | null; readonly p99: number | null };
  readonly cpuPct: number | null;
  readonly rssBytes: number;
  readonly activeTaps: readonly Tap[];
}

/** Values of the last ten minutes, oldest first. */
export interface History {
  readonly stepS: number;
  /** Time of the last values. */
  readonly endsAt: number;
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface Room {
  readonly name: string;
  readonly participants: number;
  readonly remote: number;
  readonly codec: string | null;
}

/** Somebody in a room; what only the relay it is connected to knows is null for those elsewhere. */
export interface Participant {
  readonly session: string | null;
  readonly fingerprint: string;
  readonly alias: string | null;
  readonly address: string | null;
  readonly since: number | null;
  readonly lossPct: number | null;
  readonly rttMs: number | null;
  readonly audioAgeMs: number | null;
  /** Null for those of this relay. */
  readonly relayLabel: string | null;
}

export interface RoomDetail {
  readonly name: string;
  readonly codec: string | null;
  readonly participants: readonly Participant[];
  readonly total: number;
}

export interface Call {
  readonly id: string;
  readonly caller: string;
  readonly callee: string;
  readonly state: string;
  readonly offeredAt: number;
  readonly acceptedAt: number | null;
}

export interface Link {
  readonly relay: string;
  readonly label: string;
  readonly legacy: boolean;
  readonly dialled: boolean;
  readonly address: string;
  readonly since: number;
  readonly rttMs: number | null;
  readonly lossPct: number | null;
}

/** Of a relay of the original kind little more than its label is known. */
export interface MeshRelay {
  readonly relay: string;
  readonly label: string;
  readonly region: string | null;
  readonly address: string | null;
  readonly build: string | null;
  /** 0 to 1. */
  readonly load: number | null;
  readonly draining: boolean;
  readonly legacy: boolean;
  readonly ageMs: number | null;
}

export interface MeshLink {
  readonly a: string;
  readonly b: string;
  readonly rttMs: number | null;
  readonly lossPct: number | null;
  readonly legacy: boolean;
}

export interface Topology {
  readonly self: string;
  readonly relays: readonly MeshRelay[];
  readonly links: readonly MeshLink[];
}

export interface DirectoryEntry {
  readonly fingerprint: string;
  readonly relay: string;
  readonly label: string;
}

export interface LogRecord {
  readonly id: number;
  readonly at: number;
  readonly level: string;
  readonly area: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface EventRecord {
  readonly id: number;
  readonly at: number;
  readonly kind: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Config {
  readonly text: string;
  readonly invitation: string;
}

export interface TapSender {
  readonly session: string;
  readonly fingerprint: string;
  readonly alias: string | null;
  readonly room: string;
}

/** A packet's header as the tap shows it. */
export interface TapPacket {
  readonly kind: "packet";
  readonly at: number;
  readonly from: TapSender;
  readonly dir: string;
  readonly seq: number;
  readonly codec: string;
  readonly timestamp: number;
  readonly fecBlock: number;
  readonly fecSymbol: number;
  readonly repair: boolean;
  readonly length: number;
  readonly fanOut: number;
}

/** Anything else a tap sees; shown as a line of text. */
export interface TapOther {
  readonly kind: string;
  readonly at: number;
}

export type TapItem = TapPacket | TapOther;

export interface TapBatch {
  readonly items: readonly TapItem[];
  /** Had to make room before they could be sent. */
  readonly skipped: number;
  /** More than the sample takes. */
  readonly unsampled: number;
}

/** A change of a list: with `reset` all there was is forgotten first. */
export interface Diff<Item> {
  readonly reset: boolean;
  readonly set: readonly Item[];
  readonly gone: readonly string[];
}

/** Records with a growing id, and how many were lost before them. */
export interface Records<Item> {
  readonly items: readonly Item[];
  readonly skipped: number;
}

export interface Outcome {
  readonly ok: boolean;
  readonly detail: string;
}

/** Events of the live feed by name. */
export interface FeedEvents {
  readonly hello: { readonly instance: string; readonly self: string; readonly now: number };
  readonly overview: Overview;
  readonly rooms: Diff<Room>;
  readonly calls: Diff<Call>;
  readonly links: Diff<Link>;
  readonly relays: Diff<MeshRelay>;
  readonly edges: Diff<MeshLink>;
  readonly participants: Diff<Participant>;
  readonly log: Records<LogRecord>;
  readonly recent: Records<EventRecord>;
}
