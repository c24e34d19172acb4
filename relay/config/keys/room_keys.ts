/** Keys for rooms: who may join, how many, and how much each may send. */
import { PROFILES } from "../../../proto/codec.ts";
import { addressBlock } from "../address_block.ts";
import { clientFingerprint, roomName } from "../room_values.ts";
import { key, type Schema } from "../schema.ts";
import { list, number, oneOf, optional, table } from "../value_types.ts";

/** More names than this would not fit into one RoomUpdate, whose limit is 1 MiB. */
export const MOST_PARTICIPANTS = 1000;

const participants = number({ shape: "count", min: 1, max: MOST_PARTICIPANTS, whole: true });

export const roomKeys = {
  max_sessions: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 100,
    unit: "sessions",
    reason: "as the original relay has it; one core carries several times as many",
    help: "Sessions in all rooms together. Further clients are refused with `server full`.",
    reload: true,
  }),
  max_room_participants: key({
    type: participants,
    default: MOST_PARTICIPANTS,
    unit: "participants",
    reason: "the most that fit into one list of participants",
    help: "Participants of one room. Rooms of direct calls hold two, whatever this says.",
    reload: true,
  }),
  max_sessions_per_address: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: {
      text: "half of max_sessions",
      from: (value) => Math.ceil(Number(value("max_sessions")) / 2),
    },
    unit: "sessions",
    reason: "one source alone never fills the relay, and many people can share an address of a " +
      "company or mobile network",
    help: "Sessions in rooms from one source: an IPv4 address, or an IPv6 /64. Raise it where " +
      "nearly all clients come through one address.",
    sample: 50,
    reload: true,
  }),
  max_sessions_per_fingerprint: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 64,
    unit: "sessions",
    reason: "far above the devices of one person, and low enough that one identity fills no relay",
    help: "Sessions in rooms of one client identity.",
    reload: true,
  }),
  max_pending_joins: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 512,
    unit: "connections",
    reason:
      "as for handshakes in progress: a flood of connections that never join stays near 30 MB",
    help: "Connections that asked for a room and have not yet said who they are. One source may " +
      "have max_handshakes_per_source of them. Further ones are refused with `server busy`.",
    reload: true,
  }),
  rooms: key({
    type: list(table({
      name: roomName,
      allow: optional(list(clientFingerprint)),
      max_participants: optional(participants),
    })),
    default: [],
    reason: "rooms are open to everybody who knows their name",
    help: "Rooms with rules of their own. With `allow` only these fingerprints may join; " +
      "`max_participants` takes the place of max_room_participants. All other rooms are open.",
    sample: [{
      name: "board",
      allow: ["518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"],
      max_participants: 8,
    }],
    reload: true,
  }),
  deny_fingerprints: key({
    type: list(clientFingerprint),
    default: [],
    reason: "nobody is denied unless the operator says so",
    help:
      "Clients that may not join any room nor register for direct calls, by fingerprint. Those " +
      "who are here when this is reloaded are closed.",
    reload: true,
  }),
  deny_addresses: key({
    type: list(addressBlock),
    default: [],
    reason: "nobody is denied unless the operator says so",
    help:
      "Addresses and blocks of addresses from which nobody may join any room nor register for " +
      "direct calls. Those who are here when this is reloaded are closed.",
    sample: ["192.0.2.0/24"],
    reload: true,
  }),
  max_profile: key({
    type: oneOf(...Object.keys(PROFILES) as (keyof typeof PROFILES)[]),
    default: "GOOD",
    reason: "what the original always answers; some clients begin to send with it",
    help:
      "Best quality profile the relay answers with to a client that joins. Clients that choose " +
      "a profile themselves are not held to it.",
    reload: true,
  }),
  max_packets_per_second: key({
    type: number({ shape: "count", min: 10, max: 1_000_000 }),
    default: 200,
    unit: "packets per second",
    reason: "voice sends 25 to 50, repair packets at most double that",
    help: "Packets one client may send in the long run; as many may come at once after a pause. " +
      "More are dropped and counted.",
    reload: true,
  }),
  max_kbit_per_second: key({
    type: number({ shape: "count", min: 16, max: 10_000_000 }),
    default: 256,
    unit: "kbit per second",
    reason: "voice at its best takes less than 80",
    help:
      "Bits one client may send in the long run; those of one second may come at once after a " +
      "pause. Packets above it are dropped and counted.",
    reload: true,
  }),
  slow_receiver_timeout: key({
    type: number({ shape: "seconds", min: 1, max: 300 }),
    default: 10,
    unit: "seconds",
    reason: "long enough for a mobile network to come back, shorter than the idle timeout of 30 s",
    help: "How long a client may take no packet that is sent to it, or none of the signals that " +
      "wait for it, before it is closed with `slow consumer`. Clients that never read signals, as " +
      "some of the original kind, are not closed for that.",
    reload: true,
  }),
} as const satisfies Schema;
