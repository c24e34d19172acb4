/** Names of rooms and fingerprints of clients as configuration values. */
import { WireError } from "../../proto/errors.ts";
import { parseFingerprint } from "../../proto/identity.ts";
import { parseRoomName } from "../../proto/room_name.ts";
import { printable } from "./sentences.ts";
import { table, textual, type ValueType, wrong } from "./value_types.ts";

const FINGERPRINT =
  'the fingerprint of a client, such as "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"';
const ROOM = "the name of a room: letters, digits, dots, - and _, as in a host name";

/** A client's fingerprint in the one spelling everything compares. */
export const clientFingerprint: ValueType<string> = textual({
  shape: "fingerprint",
  expected: FINGERPRINT,
  read(raw) {
    try {
      if (typeof raw === "string") return { value: parseFingerprint(raw) };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
    return wrong(FINGERPRINT, raw);
  },
  raw: (value) => value,
});

/** A room's name as the relay sees it, in lower case. */
export const roomName: ValueType<string> = textual({
  shape: "room",
  expected: ROOM,
  read(raw) {
    const result = typeof raw === "string" ? parseRoomName(raw) : null;
    return result?.ok ? { value: result.name } : wrong(ROOM, raw);
  },
  raw: (value) => value,
});

const GLOBAL_ROOM = "the name of a room: text of at most 253 characters";

/** Rooms that browsers join have hashed names; what was hashed may be any text, so nothing is folded here. */
const globalRoomName: ValueType<string> = textual({
  shape: "room",
  expected: GLOBAL_ROOM,
  read(raw) {
    const good = typeof raw === "string" && raw !== "" && raw.length <= 253 &&
      raw.isWellFormed() && printable(raw) === raw;
    return good ? { value: raw } : wrong(GLOBAL_ROOM, raw);
  },
  raw: (value) => value,
});

/** A table with the room's name, or the name alone where a flag gives it. */
export const globalRoom: ValueType<{ readonly name: string }> = {
  ...table({ name: globalRoomName }),
  shape: "room",
  fromText: (name) => ({ name }),
};
