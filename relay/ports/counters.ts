/** The counters as other folders see them: something to add to and something to read. */
export { countReceived } from "../counters/received_signals.ts";
export type { Cell, Family, FixedFamily, Histogram } from "../counters/cells.ts";
export type {
  Counters,
  Metric,
  SampledMetric,
  Snapshot,
  SnapshotValue,
} from "../counters/counters.ts";
export { type PackedSamples, type Sample, samplesOf } from "../counters/packed_samples.ts";
