/** The counters as other folders see them: something to add to and something to read. */
export { countReceived } from "../counters/received_signals.ts";
export type { Cell, Family, FixedFamily, Histogram } from "../counters/cells.ts";
export type { Counters, Metric, Sample, Snapshot, SnapshotValue } from "../counters/counters.ts";
