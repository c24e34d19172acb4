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
  | "room_full"
  /** By an operator, a while ago. */
  | "kicked";

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

/**
 * Why this client may not join, or null if it may. A shared room has two spellings, its name and the hash of it; rules
 * written for either hold, all of them.
 */
export function refusalOf(
  settings: RoomSettings,
  room: string,
  fingerprint: string,
  ip: string,
  there: Occupancy,
  canonical: (room: string) => string = (name) => name,
): Refusal | null {
  const rules = settings.rooms.filter(({ name }) => name === room || canonical(name) === room);
  if (isDenied(settings, fingerprint, ip)) return "denied";
  if (rules.some(({ allow }) => allow !== null && !allow.includes(fingerprint))) return "denied";
  if (there.sessions >= settings.max_sessions) return "server_full";
  if (there.fromAddress >= settings.max_sessions_per_address) return "too_many_sessions";
  if (there.ofFingerprint >= settings.max_sessions_per_fingerprint) return "too_many_sessions";
  const places = isCallRoom(room)
    ? CALL_ROOM_PLACES
    : Math.min(...placesOf(rules, settings.max_room_participants));
  return there.inRoom >= places ? "room_full" : null;
}

function placesOf(rules: RoomSettings["rooms"], otherwise: number): number[] {
  const places = rules.flatMap(({ max_participants }) => max_participants ?? []);
  return places.length > 0 ? places : [otherwise];
}
