/** The message that tells everybody in a room who is there: always the complete list. */
import { encodeFrame, type RoomParticipant } from "../../proto/signal/mod.ts";

/** So that the message stays under 1 MiB whatever other relays report. */
const MAX_LISTED = 1_000;

/** Of several waiting ones only the newest is sent. */
export const ROOM_UPDATE = "RoomUpdate";

/** Members of this relay in the order they joined, each of them. */
export interface Listed {
  readonly fingerprint: string;
  readonly alias: string | null;
}

/** Local participants, then those of other relays whose fingerprint is not in the list yet. */
export function listOf(
  local: readonly Listed[],
  remote: readonly RoomParticipant[],
): RoomParticipant[] {
  const list = local.map(({ fingerprint, alias }) => ({ fingerprint, alias, relay_label: null }));
  if (remote.length === 0) return list;
  const known = new Set(list.map(({ fingerprint }) => fingerprint));
  const merged: RoomParticipant[] = list;
  for (const participant of remote) {
    if (known.has(participant.fingerprint)) continue;
    known.add(participant.fingerprint);
    merged.push(participant);
  }
  return merged;
}

/** One frame for all receivers. */
export function roomUpdateFrame(list: readonly RoomParticipant[]): Uint8Array {
  const participants = list.slice(0, MAX_LISTED);
  return encodeFrame({ type: "RoomUpdate", count: participants.length, participants });
}
