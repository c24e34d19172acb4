/** Keys for what can be watched of rooms and calls: debug tap and event log. */
import { parseRoomName } from "../../../proto/room_name.ts";
import { key, type Schema } from "../schema.ts";
import { optional, path, textual, type ValueType, wrong } from "../value_types.ts";

const ROOMS_EXPECTED = 'the name of a room, or "*" for all rooms';

/** A room as clients name it in the handshake, so in lower case, or all of them. */
const rooms: ValueType<string> = textual({
  shape: "room|*",
  expected: ROOMS_EXPECTED,
  read(raw) {
    if (raw === "*") return { value: raw };
    const parsed = typeof raw === "string" ? parseRoomName(raw) : null;
    return parsed?.ok ? { value: parsed.name } : wrong(ROOMS_EXPECTED, raw);
  },
  raw: (value) => value,
});

export const tapKeys = {
  debug_tap: key({
    type: optional(rooms),
    default: null,
    reason: "one log line per packet: for finding a fault, not for every day",
    help: "Room whose packets, signals, joins and leaves are logged one by one, in the area " +
      'debug_tap; "*" for all rooms.',
    flag: "--debug-tap",
    reload: true,
    sample: "*",
  }),
  event_log: key({
    type: optional(path("file")),
    default: null,
    reason: "costs disk space, and records who was in a room with whom",
    help:
      "File to append events to, one JSON object per line: joins, leaves, drops, calls. Opened " +
      "again on SIGHUP, so that it can be rotated.",
    flag: "--event-log",
    reload: false,
    sample: "/var/log/wzp-relay-events.jsonl",
  }),
} as const satisfies Schema;
