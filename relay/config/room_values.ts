/** Names of rooms and fingerprints of clients as configuration values. */
import { WireError } from "../../proto/errors.ts";
import { parseFingerprint } from "../../proto/identity.ts";
import { parseRoomName } from "../../proto/room_name.ts";
import { textual, type ValueType, wrong } from "./value_types.ts";

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
