/** Keys for working together with other relays. */
import { mixedUp, type PeerEntry, peerList, relayLabel, trustedList } from "../relay_entries.ts";
import { globalRoom } from "../room_values.ts";
import { key, type Schema } from "../schema.ts";
import { distinct, list, number, optional } from "../value_types.ts";

const SAMPLE_FINGERPRINT =
  "79:2a:11:fe:0b:d3:02:53:18:15:7b:4d:6c:16:49:2e:b0:05:60:95:f8:53:8d:96:31:3d:40:50:90:d8:c1:1b";

export const federationKeys = {
  relay_name: key({
    type: optional(relayLabel),
    default: null,
    reason: "each relay goes by the label that the others give it",
    help: "What this relay calls itself. Relays that have no label for it show it under this name.",
    reload: true,
    sample: "Relay A",
  }),
  peers: key({
    type: peerList,
    default: [],
    reason: "a relay works alone unless its operator says otherwise",
    help: "Relays to link to. `url` is a host name or address with its port, `fingerprint` the " +
      "tls_fingerprint that relay logs, or a list of them while it changes its certificate. " +
      "`label` names it in logs, metrics and lists of participants. With `allow_legacy = true` it " +
      "may be one of the original kind, which proves nothing to a relay that accepts it. May also " +
      "be written as [[peers]] blocks.",
    reload: true,
    sample: [{
      url: "relay-b.example.org:4433",
      fingerprint: SAMPLE_FINGERPRINT,
      label: "Relay B",
    }],
  }),
  trusted: key({
    type: trustedList,
    default: [],
    reason: "a relay accepts no other unless its operator says so",
    help:
      "Relays that may link to this one without being dialled by it. Those in peers may do so " +
      "anyway; an entry of each with the same fingerprint means the same relay. May also be " +
      "written as [[trusted]] blocks.",
    reload: true,
    sample: [{ fingerprint: SAMPLE_FINGERPRINT.replace("79", "7a"), label: "Relay C" }],
    beside: (entries, other) => mixedUp(other("peers") as readonly PeerEntry[], entries),
  }),
  global_rooms: key({
    type: distinct(list(globalRoom), ({ name }) => name),
    default: [],
    reason: "rooms are each relay's own unless its operator says otherwise",
    help:
      "Rooms that linked relays share, if they are named here on each of them. Rooms of direct " +
      "calls need not be. The flag may be repeated and adds to the file.",
    flag: "--global-room",
    reload: true,
    sample: [{ name: "general" }],
  }),
  max_directory_entries: key({
    type: number({ shape: "count", min: 1, max: 20_000, whole: true }),
    default: 20_000,
    unit: "fingerprints",
    reason: "the most that fit into one message between relays",
    help: "Registered clients that are remembered of each other relay.",
    reload: true,
  }),
} as const satisfies Schema;
