/** Keys for the relay for WireGuard packets. */
import { listenAddress } from "../address.ts";
import { key, type Schema } from "../schema.ts";
import { number, optional } from "../value_types.ts";
import { wireguardGroups } from "../wireguard_groups.ts";

export const udpRelayKeys = {
  listen: key({
    type: optional(listenAddress),
    default: null,
    reason: "a relay for voice forwards nothing else unless its operator says so",
    help: "UDP address of the relay for WireGuard packets, for peers that cannot reach each " +
      "other. It forwards between the keys of a group and for nobody else.",
    flag: "--udp-relay",
    reload: false,
    sample: ":51820",
  }),
  groups: key({
    type: wireguardGroups,
    default: [],
    reason: "nobody reaches anybody through the relay unless its operator says so",
    help: "Who may reach whom: `name`, and in `keys` the public keys of WireGuard peers, as " +
      "`wg pubkey` prints them. A key may be in several groups. May also be written as " +
      "[[udp_relay.groups]] blocks.",
    reload: true,
    sample: [{
      name: "team",
      keys: [
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
      ],
    }],
  }),
  max_peers: key({
    type: number({ shape: "count", min: 2, max: 100_000, whole: true }),
    default: 1_000,
    unit: "addresses",
    reason: "a few hundred tunnels, in about a megabyte of memory",
    help: "Addresses of WireGuard peers that are known at a time. When there are more, those " +
      "that have not completed a handshake make way.",
    reload: false,
  }),
  max_packets_per_second: key({
    type: number({ shape: "count", min: 10, max: 1_000_000, whole: true }),
    default: 10_000,
    unit: "packets per second",
    reason: "100 Mbit/s in packets of full size",
    help: "WireGuard packets that one source address, or one /64 of IPv6, may have forwarded.",
    reload: false,
  }),
  max_kbit_per_second: key({
    type: number({ shape: "count", min: 100, max: 10_000_000, whole: true }),
    default: 100_000,
    unit: "kbit per second",
    reason: "a fast line of one household",
    help: "WireGuard traffic that one source address, or one /64 of IPv6, may have forwarded.",
    reload: false,
  }),
} as const satisfies Schema;
