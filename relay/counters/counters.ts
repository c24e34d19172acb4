/** The counters of one relay, made from their definitions, and the two ways of reading them. */
import { Family, FixedFamily, Histogram, packNumber } from "./cells.ts";
import {
  type Definition,
  DEFINITIONS,
  type FamilyDefinition,
  type FixedDefinition,
  type HistogramDefinition,
  type NumberDefinition,
} from "./definitions.ts";
import { type PackedSamples, type Sample, samplesOf } from "./packed_samples.ts";

type Definitions = typeof DEFINITIONS;
type NumberKey = {
  [Key in keyof Definitions]: Definitions[Key] extends NumberDefinition ? Key : never;
}[keyof Definitions];
type CellOf<D> = D extends FixedDefinition<infer Value> ? FixedFamily<Value>
  : D extends FamilyDefinition ? Family
  : D extends HistogramDefinition ? Histogram
  : never;

/** Numbers to add to (`counters.packetsReceived += 1`), families and histograms. */
export type Counters =
  & { [Key in NumberKey]: number }
  & { readonly [Key in Exclude<keyof Definitions, NumberKey>]: CellOf<Definitions[Key]> };

/** One metric with all its samples, which are read while they are iterated. */
export interface SampledMetric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  samples(): Iterable<Sample>;
}

export interface Metric extends SampledMetric {
  /** All samples of one moment. */
  pack(): PackedSamples;
}

/** Plain JSON: a number, numbers by label value (nested for several labels), or a histogram. */
export type SnapshotValue = number | { readonly [label: string]: SnapshotValue };
export type Snapshot = { readonly [metric: string]: SnapshotValue };

const KEYS_BY_NAME = (Object.keys(DEFINITIONS) as (keyof Definitions)[])
  .sort((a, b) => DEFINITIONS[a].name < DEFINITIONS[b].name ? -1 : 1);

/** All counters at zero. */
export function createCounters(): Counters {
  const built: Record<string, unknown> = {};
  const onRefused = () => counters.seriesRefused += 1;
  for (const [key, definition] of Object.entries<Definition>(DEFINITIONS)) {
    built[key] = emptyCell(definition, onRefused);
  }
  // An object that was filled by key is slow to count in; a copy of it is not.
  const counters = { ...built } as Counters;
  return counters;
}

/** All metrics in order of their names, for whoever renders them. */
export function* metrics(counters: Counters): Generator<Metric> {
  for (const key of KEYS_BY_NAME) {
    const { name, type, help } = DEFINITIONS[key];
    const pack = () => packed(DEFINITIONS[key], counters[key]);
    yield { name, type, help, pack, samples: () => samplesOf(pack()) };
  }
}

/** All values as plain JSON, by metric name. */
export function snapshot(counters: Counters): Snapshot {
  const result: Record<string, SnapshotValue> = {};
  for (const key of KEYS_BY_NAME) result[DEFINITIONS[key].name] = valueOf(counters[key]);
  return result;
}

type AnyCell = number | FixedFamily<string> | Family | Histogram;

function emptyCell(definition: Definition, onRefused: () => void): AnyCell {
  switch (definition.shape) {
    case "number":
      return 0;
    case "fixed":
      return new FixedFamily(definition.values);
    case "family":
      return new Family(definition.labels, definition.max, onRefused);
    case "histogram":
      return new Histogram(definition.bounds);
  }
}

function packed(definition: Definition, cell: AnyCell): PackedSamples {
  if (typeof cell === "number") return packNumber(cell);
  if (cell instanceof FixedFamily) return cell.pack((definition as FixedDefinition<string>).label);
  return cell.pack();
}

function valueOf(cell: AnyCell): SnapshotValue {
  if (typeof cell === "number") return cell;
  if (cell instanceof Histogram) {
    const buckets = cell.cumulative().map((count, i) => [`<=${cell.bounds[i]}`, count] as const);
    return { count: cell.count, sum: cell.sum, buckets: Object.fromEntries(buckets) };
  }
  if (cell instanceof FixedFamily) {
    return Object.fromEntries(cell.values.map((value) => [value, cell.get(value)]));
  }
  // Label values may be any text, `constructor` too.
  const tree: Record<string, SnapshotValue> = Object.create(null);
  for (const [values, value] of cell.entries()) {
    let branch = tree;
    for (const label of values.slice(0, -1)) {
      branch = (branch[label] ??= Object.create(null)) as Record<string, SnapshotValue>;
    }
    branch[values.at(-1)!] = value;
  }
  return tree;
}
