/** Who may join a room: the rules that follow from the configuration and from how full everything is. */
import { isCallRoom } from "../../proto/room_name.ts";
import type { roomKeys } from "../config/keys/room_keys.ts";
import type { ConfigOf } from "../config/schema.ts";
import { isDenied } from "../denied.ts";

export type RoomSettings = ConfigOf<typeof roomKeys>;

/** Why a client may not join, as metric label; the close reason has spaces instead. */
export type Refusal =
  | "bad_room_name"
  | "draining"
  | "denied"
  | "server_busy"
  | "handshake_timeout"
  | "bad_handshake"
  | "not_authorized"
  | "server_full"
  | "too_many_sessions"
  | "room_full";

/** The reason as the client gets it. */
export function closeReason(refusal: Refusal): string {
  return refusal.replaceAll("_", " ");
}

/** What there is already, seen from one client on its way in. */
export interface Occupancy {
  readonly sessions: number;
  readonly inRoom: number;
  readonly fromAddress: number;
  readonly ofFingerprint: number;
}

/** A direct call has two parties. */
const CALL_ROOM_PLACES = 2;

/** Why this client may not join, or null if it may. */
export function refusalOf(
  settings: RoomSettings,
  room: string,
  fingerprint: string,
  ip: string,
  there: Occupancy,
): Refusal | null {
  const rules = settings.rooms.find(({ name }) => name === room);
  if (isDenied(settings, fingerprint, ip)) return "denied";
  if (rules && rules.allow !== null && !rules.allow.includes(fingerprint)) return "denied";
  if (there.sessions >= settings.max_sessions) return "server_full";
  if (there.fromAddress >= settings.max_sessions_per_address) return "too_many_sessions";
  if (there.ofFingerprint >= settings.max_sessions_per_fingerprint) return "too_many_sessions";
  const places = isCallRoom(room)
    ? CALL_ROOM_PLACES
    : rules?.max_participants ?? settings.max_room_participants;
  return there.inRoom >= places ? "room_full" : null;
}
