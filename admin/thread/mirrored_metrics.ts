/** The metrics of the relay as they were fetched: one object for each name, which reads as of the last time. */
import { type SampledMetric, samplesOf } from "../../relay/ports/counters.ts";
import type { PackedMetric } from "./parts.ts";

type Known = PackedMetric & { readonly texts: readonly string[] };

interface MirroredMetric extends SampledMetric {
  packed: Known;
}

export class MirroredMetrics {
  readonly #byName = new Map<string, MirroredMetric>();

  take(families: readonly PackedMetric[]): void {
    for (const packed of families) {
      const known = this.#byName.get(packed.name);
      const whole = { ...packed, texts: packed.texts ?? known!.packed.texts };
      if (known === undefined) this.#byName.set(packed.name, mirrored(whole));
      else known.packed = whole;
    }
  }

  /** In order of their names, as the relay has them. */
  all(): SampledMetric[] {
    return [...this.#byName.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }
}

function mirrored(packed: Known): MirroredMetric {
  const { name, type, help } = packed;
  const metric: MirroredMetric = {
    packed,
    name,
    type,
    help,
    samples: () => samplesOf(metric.packed),
  };
  return metric;
}
