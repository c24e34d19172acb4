/** Rates of the UDP relay, from what it had counted at two moments. */
import type { UdpRelayState } from "./shapes.ts";

export interface UdpReading {
  readonly at: number;
  readonly state: UdpRelayState;
}

/** A second. */
export interface UdpRates {
  readonly packetsIn: number;
  readonly packetsForwarded: number;
  readonly bytesIn: number;
  readonly bytesForwarded: number;
}

const COUNTED = ["packetsIn", "packetsForwarded", "bytesIn", "bytesForwarded"] as const;

/** Null before there are two readings, and when the relay began to count anew. */
export function ratesOf(before: UdpReading | null, after: UdpReading): UdpRates | null {
  if (before === null || after.at <= before.at) return null;
  const seconds = (after.at - before.at) / 1_000;
  const rates = COUNTED.map((name) =>
    [name, (after.state[name] - before.state[name]) / seconds] as const
  );
  return rates.some(([, rate]) => rate < 0)
    ? null
    : Object.fromEntries(rates) as unknown as UdpRates;
}

/** Of what came in, in percent; null when nothing did. */
export function share(
  count: number,
  { packetsIn }: Pick<UdpRelayState, "packetsIn">,
): number | null {
  return packetsIn === 0 ? null : count / packetsIn * 100;
}

/** `203.0.113.7:41000` and `[2001:db8::1]:41000` without the port. */
export function addressOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
}
