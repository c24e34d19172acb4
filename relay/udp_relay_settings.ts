/** The configuration as the relay for WireGuard packets uses it. */
import type { Config } from "./config/mod.ts";
import type { UdpRelaySettings } from "./ports/udp_relay.ts";

export function udpRelaySettings({ udp_relay }: Config): UdpRelaySettings {
  const { groups, max_peers, max_packets_per_second, max_kbit_per_second } = udp_relay;
  return {
    groups,
    maxPeers: max_peers,
    packetsPerSecond: max_packets_per_second,
    kbitPerSecond: max_kbit_per_second,
  };
}
