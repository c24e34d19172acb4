/** What the UDP relay counts, as of its view: it has a worker of its own and no counters of the relay's. */
import type { Sample, SampledMetric } from "../../relay/ports/counters.ts";
import type { UdpRelayView } from "../../relay/ports/udp_relay.ts";

interface UdpDefinition {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** Of every sample, when there is one for each value of it. */
  readonly label?: string;
  readonly of: (view: UdpRelayView) => number | Readonly<Record<string, number>>;
}

/** Ordered by name. */
export const UDP_RELAY_DEFINITIONS: readonly UdpDefinition[] = [
  {
    name: "wzp_udp_relay_blocked_sources",
    type: "gauge",
    help: "Addresses from which the UDP relay takes nothing, by who blocked them",
    label: "by",
    of: ({ blocked }) => ({
      automatic: blocked.filter(({ by }) => by === "automatic").length,
      operator: blocked.filter(({ by }) => by === "operator").length,
    }),
  },
  {
    name: "wzp_udp_relay_bytes_forwarded_total",
    type: "counter",
    help: "Bytes of WireGuard packets that were sent on",
    of: ({ bytesForwarded }) => bytesForwarded,
  },
  {
    name: "wzp_udp_relay_bytes_received_total",
    type: "counter",
    help: "Bytes that arrived at the UDP relay",
    of: ({ bytesIn }) => bytesIn,
  },
  {
    name: "wzp_udp_relay_keys",
    type: "gauge",
    help: "WireGuard keys in the groups of the UDP relay",
    of: ({ keys }) => keys,
  },
  {
    name: "wzp_udp_relay_packets_dropped_total",
    type: "counter",
    help: "Packets that the UDP relay did not send on, by reason",
    label: "reason",
    of: ({ drops }) => drops,
  },
  {
    name: "wzp_udp_relay_packets_forwarded_total",
    type: "counter",
    help: "WireGuard packets that were sent on",
    of: ({ packetsForwarded }) => packetsForwarded,
  },
  {
    name: "wzp_udp_relay_packets_received_total",
    type: "counter",
    help: "Packets that arrived at the UDP relay: those sent on and those dropped",
    of: ({ packetsIn }) => packetsIn,
  },
  {
    name: "wzp_udp_relay_peers",
    type: "gauge",
    help: "WireGuard peers that the UDP relay has heard of lately",
    of: ({ peersTotal }) => peersTotal,
  },
  {
    name: "wzp_udp_relay_sessions",
    type: "gauge",
    help: "WireGuard sessions between peers that the UDP relay knows",
    of: ({ sessions }) => sessions,
  },
];

/** In order of their names; none when the UDP relay is off. */
export function udpRelayMetrics(view: UdpRelayView | null): SampledMetric[] {
  if (view === null) return [];
  return UDP_RELAY_DEFINITIONS.map(({ name, type, help, label, of }) => ({
    name,
    type,
    help,
    samples: () => samplesOf(of(view), label),
  }));
}

function samplesOf(value: ReturnType<UdpDefinition["of"]>, label = ""): Sample[] {
  if (typeof value === "number") return [{ suffix: "", labels: [], value }];
  return Object.entries(value).map(([of, value]) => ({ suffix: "", labels: [[label, of]], value }));
}
