/** What the server-sent events of `/api/v1/events` and `/api/v1/tap` carry. */
import {
  CallRow,
  EdgeRow,
  EventRow,
  LinkRow,
  LogLine,
  Overview,
  ParticipantRow,
  RelayRow,
  RoomRow,
  TapRow,
} from "./shapes.ts";
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
  type Schema,
  text,
} from "./schema.ts";

const count = integer({ min: 0 });

/**
 * A change of a list: with `reset` forget what there was, then put in or replace `set`, and take out `gone`. A long
 * change comes as several events.
 */
function diff<T>(name: string, row: Schema<T>) {
  return named(name, object({ reset: boolean, set: list(row), gone: list(text()) }));
}

const Hello = named(
  "FeedHello",
  object({
    /** Another one means that the relay was restarted since. */
    instance: text(),
    /** This relay's own key. */
    self: text(),
    now: number(),
  }),
);

/** The events of `/api/v1/events` by name. The key of a row is its first field; of an edge it is `a|b`. */
export const FEED_EVENTS = {
  hello: Hello,
  overview: Overview,
  rooms: diff("RoomsDiff", RoomRow),
  calls: diff("CallsDiff", CallRow),
  links: diff("LinksDiff", LinkRow),
  relays: diff("RelaysDiff", RelayRow),
  edges: diff("EdgesDiff", EdgeRow),
  /** Of the room asked for with `room=`. The key is the session, or the fingerprint of somebody elsewhere. */
  participants: diff("ParticipantsDiff", ParticipantRow),
  log: named("LogFeed", object({ items: list(LogLine), skipped: count })),
  recent: named("RecentFeed", object({ items: list(EventRow), skipped: count })),
} as const;

const who = object({ session: text(), fingerprint: text(), alias: nullable(text()), room: text() });

const packet = object({
  kind: oneOf("packet"),
  at: number(),
  from: who,
  dir: oneOf("in"),
  seq: count,
  codec: text(),
  timestamp: count,
  fecBlock: count,
  fecSymbol: count,
  repair: boolean,
  length: count,
  fanOut: count,
});
const drop = object({
  kind: oneOf("drop"),
  at: number(),
  from: nullable(who),
  to: nullable(who),
  reason: text(),
});
const join = object({ kind: oneOf("join"), at: number(), participant: who });
const leave = object({
  kind: oneOf("leave"),
  at: number(),
  participant: who,
  forwarded: count,
  roomClosed: boolean,
});
const roomUpdate = object({
  kind: oneOf("room_update"),
  at: number(),
  room: text(),
  aliases: list(nullable(text())),
});
const directive = object({
  kind: oneOf("directive"),
  at: number(),
  room: text(),
  codec: text(),
  reason: text(),
});

export const TapItem = named(
  "TapItem",
  either<
    | Infer<typeof packet>
    | Infer<typeof drop>
    | Infer<typeof join>
    | Infer<typeof leave>
    | Infer<typeof roomUpdate>
    | Infer<typeof directive>
  >(packet, drop, join, leave, roomUpdate, directive),
);

/** The events of `/api/v1/tap` by name. */
export const TAP_EVENTS = {
  tap: TapRow,
  /** `skipped` had to make room before anybody took them, `unsampled` were more than the sample takes. */
  items: named("TapItems", object({ items: list(TapItem), skipped: count, unsampled: count })),
  end: named("TapEnd", object({ reason: oneOf("time", "removed", "displaced") })),
} as const;

export type FeedEvent = keyof typeof FEED_EVENTS;
export type TapItem = Infer<typeof TapItem>;
