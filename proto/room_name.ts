/** Room names: they travel as TLS server name, so its rules are theirs. */
import type { Crypto } from "./crypto_port.ts";
import { canonicalIp } from "./socket_address.ts";

/** A name as the relay will see it, or the reason why it cannot be one. */
type RoomNameResult =
  | { readonly ok: true; readonly name: string }
  | { readonly ok: false; readonly problem: string };

/** The room of a client that sent no server name. */
export const DEFAULT_ROOM = "default";

const MAX_NAME_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;
const CALL_PREFIX = "call-";

const utf8 = new TextEncoder();

/** Checks a name as a person typed it; the result is in lower case and without the trailing dot. */
export function parseRoomName(text: string): RoomNameResult {
  const problem = problemOf(text);
  if (problem !== null) return { ok: false, problem: `Cannot use room name: ${problem}` };
  const name = text.toLowerCase();
  return { ok: true, name: name.endsWith(".") ? name.slice(0, -1) : name };
}

/**
 * The room a TLS server name stands for. A missing one and an IP address mean the default room; null is a name
 * that no client of the original kind can send.
 */
export function roomOfServerName(serverName: string | null | undefined): string | null {
  if (serverName === null || serverName === undefined || serverName === "") return DEFAULT_ROOM;
  if (canonicalIp(serverName) !== null) return DEFAULT_ROOM;
  const result = parseRoomName(serverName);
  return result.ok ? result.name : null;
}

/**
 * The hashed form of a name, 32 hex digits, under which the web bridge joins. A room joined by hash and one
 * joined by name are two rooms.
 */
export function hashRoomName(crypto: Pick<Crypto, "sha256">, name: string): string {
  const digest = crypto.sha256(utf8.encode("featherchat-group:" + name));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The room for the media of a direct call, or null for a call id that cannot be part of a server name. */
export function callRoomName(callId: string): string | null {
  const name = CALL_PREFIX + callId;
  return callId !== "" && name.length <= MAX_LABEL_LENGTH && /^[a-z0-9_-]*[a-z0-9_]$/.test(callId)
    ? name
    : null;
}

/** True for the room of a direct call. */
export function isCallRoom(room: string): boolean {
  return room.startsWith(CALL_PREFIX);
}

/** The call id in the name of a call room, or null for another room. */
export function callIdOf(room: string): string | null {
  return isCallRoom(room) ? room.slice(CALL_PREFIX.length) : null;
}

function problemOf(text: string): string | null {
  if (text === "") return "it is empty";
  if (canonicalIp(text) !== null) {
    return "it is an IP address, which TLS does not send, so the relay would take it for the default room";
  }
  // The limit counts the trailing dot, although the dot is not sent.
  if (text.length > MAX_NAME_LENGTH) {
    return `it has ${text.length} characters, at most ${MAX_NAME_LENGTH} are possible`;
  }
  const foreign = /[^A-Za-z0-9._-]/u.exec(text);
  if (foreign !== null) {
    return `${visible(foreign[0])} is not an ASCII letter, digit, "-", "_" or "."`;
  }
  const labels = (text.endsWith(".") ? text.slice(0, -1) : text).split(".");
  for (const label of labels) {
    if (label === "") return "a part between dots is empty";
    if (label.length > MAX_LABEL_LENGTH) {
      return `a part between dots has ${label.length} characters, at most ${MAX_LABEL_LENGTH} are possible`;
    }
    if (label.startsWith("-") || label.endsWith("-")) {
      return 'a part between dots starts or ends with "-"';
    }
  }
  if (/^[0-9]+$/.test(labels[labels.length - 1]!)) return "the part after the last dot is a number";
  return null;
}

/** Quotes printable ASCII and spells out the rest, which might hide in a terminal or turn its text around. */
function visible(character: string): string {
  const code = character.codePointAt(0)!;
  return code > 0x20 && code < 0x7f
    ? `"${character}"`
    : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
