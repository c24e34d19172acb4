/** The counters of one relay, made from their definitions, and the two ways of reading them. */
import { Family, FixedFamily, Histogram } from "./cells.ts";
import {
  type Definition,
  DEFINITIONS,
  type FamilyDefinition,
  type FixedDefinition,
  type HistogramDefinition,
  type NumberDefinition,
} from "./definitions.ts";

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

/** One line of a metrics page: `name + suffix`, labels, value. */
export interface Sample {
  /** `_bucket`, `_sum` or `_count` for histograms, else empty. */
  readonly suffix: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
}

/** One metric with all its samples, which are read while they are iterated. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  samples(): Iterable<Sample>;
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
    yield { name, type, help, samples: () => samplesOf(DEFINITIONS[key], counters[key]) };
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

function* samplesOf(definition: Definition, cell: AnyCell): Generator<Sample> {
  if (typeof cell === "number") {
    yield { suffix: "", labels: [], value: cell };
  } else if (cell instanceof Histogram) {
    for (const [range, value] of cell.cumulative().entries()) {
      yield { suffix: "_bucket", labels: [["le", String(cell.bounds[range])]], value };
    }
    yield { suffix: "_bucket", labels: [["le", "+Inf"]], value: cell.count };
    yield { suffix: "_sum", labels: [], value: cell.sum };
    yield { suffix: "_count", labels: [], value: cell.count };
  } else if (cell instanceof Family) {
    for (const [values, value] of cell.entries()) {
      const labels = cell.labels.map((label, i) => [label, values[i]!] as const);
      yield { suffix: "", labels, value };
    }
  } else if (definition.shape === "fixed") {
    for (const value of cell.values) {
      yield { suffix: "", labels: [[definition.label, value]], value: cell.get(value) };
    }
  }
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
