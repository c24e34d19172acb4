/** What every answer, event and request of `/api/v1` looks like; `/openapi.json` and the types come from here. */
import {
  boolean,
  either,
  type Infer,
  integer,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  optional,
  record,
  type Schema,
  text,
} from "./schema.ts";

const count = integer({ min: 0 });
const amount = number({ min: 0 });
/** Unix time in milliseconds. */
const time = number();
const percent = number({ min: 0, max: 100 });
/** 64 lower-case hex digits. */
const relayKey = text();

/** One page of a list; `next` is given as `after` for the following one and is null on the last. */
function page<T>(name: string, item: Schema<T>) {
  return named(
    name,
    object({ items: list(item), next: nullable(text()), total: count }),
  );
}

export const TapRow = named(
  "Tap",
  object({
    id: text(),
    /** Null watches all rooms. */
    room: nullable(text()),
    since: time,
    endsAt: time,
    viewed: boolean,
  }),
);

export const Overview = named(
  "Overview",
  object({
    state: oneOf("starting", "serving", "draining", "stopped"),
    full: boolean,
    misconfigured: list(text()),
    build: text(),
    startedAt: time,
    now: time,
    uptimeS: amount,
    tlsFingerprint: text(),
    sessions: count,
    rooms: count,
    calls: count,
    links: count,
    rates: object({
      packetsIn: amount,
      packetsOut: amount,
      bytesIn: amount,
      bytesOut: amount,
    }),
    drops: record(count),
    eventLoopDelayMs: object({ p50: nullable(amount), p99: nullable(amount) }),
    cpuPct: nullable(amount),
    rssBytes: count,
    activeTaps: list(TapRow),
  }),
);

export const History = named(
  "History",
  object({
    stepS: number({ min: 0 }),
    /** Time of the last value of every series. */
    endsAt: time,
    /** All of one length, oldest first; null where nothing was known. */
    series: record(list(nullable(number()))),
  }),
);

export const RoomRow = named(
  "Room",
  object({ name: text(), participants: count, remote: count, codec: nullable(text()) }),
);

/** Somebody in a room; what only the relay it is connected to knows is null for those elsewhere. */
export const ParticipantRow = named(
  "Participant",
  object({
    session: nullable(text()),
    fingerprint: text(),
    alias: nullable(text()),
    address: nullable(text()),
    since: nullable(time),
    lossPct: nullable(percent),
    rttMs: nullable(amount),
    audioAgeMs: nullable(amount),
    /** Null for those of this relay. */
    relayLabel: nullable(text()),
  }),
);

export const RoomDetail = named(
  "RoomDetail",
  object({
    name: text(),
    codec: nullable(text()),
    participants: list(ParticipantRow),
    /** How many there are; `participants` names 1,000 at most. */
    total: count,
  }),
);

export const SessionRow = named(
  "Session",
  object({
    session: text(),
    room: text(),
    fingerprint: text(),
    alias: nullable(text()),
    address: text(),
    since: time,
    packetsReceived: count,
    packetsForwarded: count,
    lossPct: nullable(percent),
    rttMs: nullable(amount),
    audioAgeMs: nullable(amount),
  }),
);

export const CallRow = named(
  "Call",
  object({
    id: text(),
    caller: text(),
    callee: text(),
    state: oneOf("pending", "ringing", "active", "ended"),
    offeredAt: time,
    acceptedAt: nullable(time),
  }),
);

export const LinkRow = named(
  "Link",
  object({
    relay: relayKey,
    label: text(),
    legacy: boolean,
    dialled: boolean,
    address: text(),
    since: time,
    rttMs: nullable(amount),
    lossPct: nullable(percent),
  }),
);

/** A relay of the mesh. Of one of the original kind little more than its label is known. */
export const RelayRow = named(
  "Relay",
  object({
    relay: relayKey,
    label: text(),
    region: nullable(text()),
    address: nullable(text()),
    build: nullable(text()),
    load: nullable(amount),
    draining: boolean,
    legacy: boolean,
    /** Since it was heard of last, in steps of five seconds. */
    ageMs: nullable(amount),
  }),
);

/** A link between two relays, this one or others; `a` is the lower of both keys. */
export const EdgeRow = named(
  "Edge",
  object({
    a: relayKey,
    b: relayKey,
    rttMs: nullable(amount),
    lossPct: nullable(percent),
    legacy: boolean,
  }),
);

export const Topology = named(
  "Topology",
  object({ self: relayKey, relays: list(RelayRow), links: list(EdgeRow) }),
);

export const DirectoryRow = named(
  "DirectoryEntry",
  object({ fingerprint: text(), relay: relayKey, label: text() }),
);

export const ConfigText = named("Config", object({ text: text(), invitation: text() }));

export const LogLine = named(
  "LogLine",
  object({
    id: count,
    at: time,
    level: oneOf("debug", "info", "warn", "error"),
    area: text(),
    message: text(),
    fields: record(text()),
  }),
);

const plainValue: Schema<string | number | boolean | null> = nullable(
  either<string | number | boolean>(text(), number(), boolean),
);

export const EventRow = named(
  "Event",
  object({ id: count, at: time, kind: text(), fields: record(plainValue) }),
);

/** `skipped` were written and are not kept any more; go on with `after=next`. */
export const LogLines = named(
  "LogLines",
  object({ items: list(LogLine), skipped: count, next: count }),
);
export const RecentEvents = named(
  "RecentEvents",
  object({ items: list(EventRow), skipped: count, next: count }),
);

export const RoomPage = page("RoomPage", RoomRow);
export const SessionPage = page("SessionPage", SessionRow);
export const CallPage = page("CallPage", CallRow);
export const LinkPage = page("LinkPage", LinkRow);
export const DirectoryPage = page("DirectoryPage", DirectoryRow);
export const TapList = named("TapList", object({ items: list(TapRow), most: count }));

export const Outcome = named("Outcome", object({ ok: boolean, detail: text() }));

export const DrainRequest = named(
  "DrainRequest",
  object({ reason: optional(text({ maxLength: 200 })) }),
);
export const NothingRequest = named("NothingRequest", object({}));
export const LogLevelRequest = named(
  "LogLevelRequest",
  object({ levels: text({ minLength: 1, maxLength: 1_000 }) }),
);
export const KickRequest = named(
  "KickRequest",
  object({
    session: text({ minLength: 1, maxLength: 200 }),
    /** How long that fingerprint is refused from now on; it is let in again at once without it. */
    refuseSeconds: optional(integer({ min: 0, max: 86_400 })),
  }),
);
export const TapRequest = named(
  "TapRequest",
  object({ room: nullable(text({ maxLength: 253 })) }),
);

export const Problem = named(
  "Problem",
  object({
    title: text(),
    status: integer({ min: 400, max: 599 }),
    code: text(),
    detail: optional(text()),
    reasons: optional(list(object({ code: text(), detail: text() }))),
  }),
);

export type TapRow = Infer<typeof TapRow>;
export type Overview = Infer<typeof Overview>;
export type History = Infer<typeof History>;
export type RoomRow = Infer<typeof RoomRow>;
export type ParticipantRow = Infer<typeof ParticipantRow>;
export type RoomDetail = Infer<typeof RoomDetail>;
export type SessionRow = Infer<typeof SessionRow>;
export type CallRow = Infer<typeof CallRow>;
export type LinkRow = Infer<typeof LinkRow>;
export type RelayRow = Infer<typeof RelayRow>;
export type EdgeRow = Infer<typeof EdgeRow>;
export type Topology = Infer<typeof Topology>;
export type DirectoryRow = Infer<typeof DirectoryRow>;
export type LogLine = Infer<typeof LogLine>;
export type EventRow = Infer<typeof EventRow>;
export type Outcome = Infer<typeof Outcome>;
