/** What the parties of an accepted call are told: the room, where it is, and how to reach each other. */
import { formatRelayEntry } from "../../proto/relay_entry.ts";
import { callRoomName } from "../../proto/room_name.ts";
import { MAX_RELAYS, type SignalOf } from "../../proto/signal/mod.ts";
import type { Call } from "./call.ts";
import type { Lines } from "./signal_line.ts";

type CallSetup = SignalOf<"CallSetup">;

export interface CallSetupOptions {
  readonly lines: Lines;
  /** Where clients reach this relay, `ip:port`. */
  readonly advertised: () => string;
  /** Where else the room of a call may be joined, `name|addr|fingerprint`. */
  readonly carriers: (room: string) => readonly string[];
  /** This relay in such a list. */
  readonly ownEntry: () => string;
}

export function callSetup(call: Call, to: string, options: CallSetupOptions): CallSetup {
  const peer = call.peerContact(to);
  const room = callRoomName(call.id) ?? "";
  return {
    type: "CallSetup",
    call_id: call.id,
    room,
    relay_addr: call.place?.addr ?? options.advertised(),
    peer_direct_addr: peer.reflexive,
    peer_local_addrs: peer.local,
    ext: setupExt(call, to, room, options),
  };
}

/** For clients that can go to another relay; others are told nothing. */
function setupExt(
  call: Call,
  to: string,
  room: string,
  { carriers, lines, ownEntry }: CallSetupOptions,
): CallSetup["ext"] {
  if (!call.isHere(to) || !(lines.find(to)?.drains ?? false)) return null;
  const { place } = call;
  const elsewhere = place === null || place.here ? null : formatRelayEntry(place.entry);
  const own = elsewhere === null ? [] : [ownEntry()];
  const relays = [...own, ...carriers(room)].slice(0, MAX_RELAYS);
  return { v: 1, caps: [], relay: elsewhere, relays };
}
