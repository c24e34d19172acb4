/** Every metric that dashboard and alerts may name: those of the relay, of its process, and what Prometheus adds. */
import { PROCESS_DEFINITIONS } from "../../admin/metrics/process_metrics.ts";
import { UDP_RELAY_DEFINITIONS } from "../../admin/metrics/udp_relay_metrics.ts";
import { type Definition, DEFINITIONS } from "../../relay/counters/definitions.ts";

export interface KnownMetric {
  readonly type: "counter" | "gauge" | "bucket";
  /** Its values where they are known beforehand, by label; null where they are not. */
  readonly labels: ReadonlyMap<string, readonly string[] | null>;
}

/** Prometheus puts these on everything it scrapes. */
export const TARGET_LABELS = ["job", "instance"];

/** By name; of a histogram the three names it has on the page. */
export function knownMetrics(): ReadonlyMap<string, KnownMetric> {
  const known = new Map<string, KnownMetric>([["up", { type: "gauge", labels: new Map() }]]);
  for (const { name, type } of PROCESS_DEFINITIONS) known.set(name, { type, labels: new Map() });
  for (const { name, type, label } of UDP_RELAY_DEFINITIONS) {
    known.set(name, { type, labels: new Map(label === undefined ? [] : [[label, null]]) });
  }
  for (const definition of Object.values<Definition>(DEFINITIONS)) {
    const { name, shape } = definition;
    if (shape === "histogram") {
      const bounds = [...definition.bounds.map(String), "+Inf"];
      known.set(`${name}_bucket`, { type: "bucket", labels: new Map([["le", bounds]]) });
      for (const suffix of ["_sum", "_count"]) {
        known.set(name + suffix, { type: "counter", labels: new Map() });
      }
      continue;
    }
    known.set(name, { type: definition.type, labels: labelsOf(definition) });
  }
  return known;
}

function labelsOf(definition: Definition): KnownMetric["labels"] {
  if (definition.shape === "fixed") return new Map([[definition.label, definition.values]]);
  if (definition.shape !== "family") return new Map();
  return new Map(definition.labels.map((label) => [label, null]));
}
