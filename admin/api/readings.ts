/** Numbers of the relay read from its counters by metric name. */
import type { Sample, SampledMetric } from "../../relay/ports/counters.ts";

/** How often values fell at or below each bound, all ranges together counted. */
export interface Buckets {
  readonly bounds: readonly number[];
  /** One more than bounds: the last is everything. */
  readonly counts: readonly number[];
}

/** What dropped a packet, by the name under which answers show it. */
const DROPS: readonly (readonly [metric: string, prefix: string])[] = [
  ["wzp_relay_packets_rejected_total", ""],
  ["wzp_relay_packets_dropped_total", ""],
  ["wzp_federation_packets_dropped_total", "federation_"],
];

export class Readings {
  readonly #metrics = new Map<string, SampledMetric>();

  /** Metrics are looked up once and read whenever they are asked for. */
  constructor(metrics: Iterable<SampledMetric>) {
    for (const metric of metrics) this.#metrics.set(metric.name, metric);
  }

  /** The sum over all labels; 0 for a metric that there is not. */
  total(name: string, label?: readonly [name: string, value: string]): number {
    let sum = 0;
    for (const { suffix, labels, value } of this.#samples(name)) {
      if (suffix !== "") continue;
      if (
        label === undefined || labels.some(([key, text]) => key === label[0] && text === label[1])
      ) {
        sum += value;
      }
    }
    return sum;
  }

  drops(): Map<string, number> {
    const drops = new Map<string, number>();
    for (const [name, prefix] of DROPS) {
      for (const { labels: [label], value } of this.#samples(name)) {
        if (label !== undefined) drops.set(prefix + label[1], value);
      }
    }
    drops.set("federation_duplicate", this.total("wzp_federation_packets_deduped_total"));
    drops.set("federation_rate_limited", this.total("wzp_federation_packets_rate_limited_total"));
    return drops;
  }

  buckets(name: string): Buckets {
    const bounds: number[] = [];
    const counts: number[] = [];
    for (const { suffix, labels: [label], value } of this.#samples(name)) {
      if (suffix !== "_bucket" || label === undefined) continue;
      counts.push(value);
      if (label[1] !== "+Inf") bounds.push(Number(label[1]));
    }
    return { bounds, counts };
  }

  #samples(name: string): Iterable<Sample> {
    return this.#metrics.get(name)?.samples() ?? [];
  }
}

/**
 * The value below which the share `q` of what came between two readings lies, as far as the ranges tell; null when
 * nothing came.
 */
export function quantile(q: number, before: Buckets, after: Buckets): number | null {
  const { bounds } = after;
  const counts = after.counts.map((count, range) => count - (before.counts[range] ?? 0));
  const all = counts.at(-1) ?? 0;
  if (all <= 0) return null;
  const rank = q * all;
  const range = counts.findIndex((count) => count >= rank);
  const upper = bounds[range];
  const lower = bounds[range - 1] ?? 0;
  // Above the last bound nothing more is known than that it is above.
  if (upper === undefined) return bounds.at(-1) ?? null;
  const below = counts[range - 1] ?? 0;
  const within = counts[range]! - below;
  return within <= 0 ? upper : lower + (upper - lower) * (rank - below) / within;
}
