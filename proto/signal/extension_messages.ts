/** Messages of our own; each goes only to a peer that announced the capability named beside it. */
import {
  bool,
  bytes,
  bytes16,
  list,
  measure,
  optional,
  string,
  struct,
  u16,
  u64,
  withDefault,
} from "./descriptor.ts";
import { roomMember } from "./nested_types.ts";
import { relayExt } from "./ext.ts";

const relayLink = struct("RelayLink", {
  relay: string,
  /** Null while nothing was measured; never 0 for unknown. */
  rtt_ms: optional(measure, "null"),
  loss_pct: optional(measure, "null"),
  legacy: withDefault(bool, false),
});

/** Variant name to its fields. Never sent to an original peer. */
export const EXTENSION_MESSAGES = {
  /** `drain`: this relay stops at the deadline, Unix milliseconds; relays to go to are `name|addr`. */
  RelayDraining: {
    deadline_ms: u64,
    relays: withDefault(list(string), []),
    reason: optional(string, "omit"),
  },
  /** `prove`: the accepting relay's reply to a FederationHello with an `ext`. */
  FederationChallenge: { nonce: bytes16, ext: relayExt },
  /** `prove`: the dialler's signature with the key of its certificate. */
  FederationProof: { signature: bytes },
  /** `prove`: the link is open for everything else. */
  FederationReady: {},
  /** `directory`: fingerprints registered at `relay`, as a whole or as changes. */
  DirectoryUpdate: {
    relay: string,
    seq: u64,
    full: bool,
    add: withDefault(list(string), []),
    remove: withDefault(list(string), []),
  },
  /** `topology`: what a relay says of itself and of its links; the highest `seq` wins. */
  RelayState: {
    relay: string,
    label: string,
    region: optional(string, "null"),
    addr: string,
    build: string,
    load: measure,
    draining: bool,
    udp_port: optional(u16, "null"),
    seq: u64,
    links: withDefault(list(relayLink), []),
  },
  /**
   * `rooms`: who is in a global room at `relay`, always the whole list; the highest `seq` of a relay and room wins. It
   * is passed on as it is, but for the label, which the first neighbour adds when the relay has no name of its own.
   */
  RoomState: {
    relay: string,
    label: string,
    seq: u64,
    room: string,
    members: withDefault(list(roomMember), []),
  },
  /** `carry`: the global rooms that the sender shares, each by the hash of its name; replaces the list before. */
  SharedRooms: { rooms: list(string) },
  /** `place`: asks a relay to let these two, and nobody else, into the room of this call. */
  CallPlace: { call_id: string, caller: string, callee: string },
  /** `place`: whether it does. */
  CallPlaced: { call_id: string, ok: bool },
  /** `place`: the call is over, or goes elsewhere. */
  CallUnplace: { call_id: string },
  /**
   * `parties`: which parties of an accepted call are at the sending end of its way; with `asks` a question for those at
   * the other end, else the answer to the question with that number. Number 0: somebody has hung up.
   */
  CallParties: {
    call_id: string,
    here: withDefault(list(string), []),
    asks: bool,
    seq: u64,
  },
} as const;
