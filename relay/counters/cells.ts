/** What metrics are kept in: plain numbers, found once and then only added to. */
import type { PackedSamples } from "./packed_samples.ts";

const NO_TEXTS: readonly string[] = [];
const WHOLE = { suffixes: null, labelled: null } as const;

/** A single number without labels. */
export function packNumber(value: number): PackedSamples {
  return { ...WHOLE, values: Float64Array.of(value), names: NO_TEXTS, texts: NO_TEXTS };
}

/** One number of a family; whoever counts keeps it and does `cell.value += 1`. */
export class Cell {
  value = 0;
}

/** Numbers by one label whose values are known beforehand. */
export class FixedFamily<Value extends string> {
  readonly values: readonly Value[];
  readonly #numbers: number[];

  constructor(values: readonly Value[]) {
    this.values = values;
    this.#numbers = values.map(() => 0);
  }

  /** The place of a label value; look it up once and keep it. */
  index(value: Value): number {
    const index = this.values.indexOf(value);
    if (index < 0) {
      throw new RangeError(`Cannot count ${JSON.stringify(value)}: no such label value`);
    }
    return index;
  }

  /** Adds at a place got from `index`. */
  inc(index: number, by = 1): void {
    this.#numbers[index]! += by;
  }

  /** Adds by name, for what is not on the media path. */
  add(value: Value, by = 1): void {
    this.inc(this.index(value), by);
  }

  get(value: Value): number {
    return this.#numbers[this.index(value)]!;
  }

  pack(label: string): PackedSamples {
    const values = Float64Array.from(this.#numbers);
    return { ...WHOLE, values, names: [label], texts: this.values };
  }
}

/** Numbers by labels whose values come up while running; bounded, and removable one by one. */
export class Family {
  readonly labels: readonly string[];
  readonly #max: number;
  readonly #onRefused: () => void;
  readonly #children = new Map<string, { values: readonly string[]; cell: Cell }>();
  /** All label values; null when somebody has come or gone. */
  #texts: readonly string[] | null = NO_TEXTS;

  constructor(labels: readonly string[], max: number, onRefused: () => void) {
    this.labels = labels;
    this.#max = max;
    this.#onRefused = onRefused;
  }

  /** The cell of these label values, one per label. Above the bound it is a cell that nobody reads. */
  child(...values: string[]): Cell {
    const key = this.#key(values);
    const known = this.#children.get(key);
    if (known !== undefined) return known.cell;
    const cell = new Cell();
    if (this.#children.size < this.#max) {
      this.#children.set(key, { values, cell });
      this.#texts = null;
    } else this.#onRefused();
    return cell;
  }

  /** The number of these label values, or null while there is none. */
  get(...values: string[]): number | null {
    return this.#children.get(this.#key(values))?.cell.value ?? null;
  }

  /** Forgets the cell of these label values. */
  remove(...values: string[]): void {
    if (this.#children.delete(this.#key(values))) this.#texts = null;
  }

  /** In the order they came up. */
  pack(): PackedSamples {
    const values = new Float64Array(this.#children.size);
    let place = 0;
    for (const { cell } of this.#children.values()) values[place++] = cell.value;
    this.#texts ??= [...this.#children.values()].flatMap(({ values }) => values);
    return { ...WHOLE, values, names: this.labels, texts: this.#texts };
  }

  /** In the order they came up. */
  *entries(): Generator<[values: readonly string[], value: number]> {
    for (const { values, cell } of this.#children.values()) yield [values, cell.value];
  }

  get size(): number {
    return this.#children.size;
  }

  #key(values: readonly string[]): string {
    if (values.length !== this.labels.length) {
      throw new TypeError(
        `Cannot find a metric by ${values.length} of ${this.labels.length} labels`,
      );
    }
    return values.length === 1 ? values[0]! : JSON.stringify(values);
  }
}

/** The label of ranges. */
const LE = ["le"];

/** How often a value fell into each of a few fixed ranges. */
export class Histogram {
  /** Upper bounds, inclusive, ascending; the range above the last has no bound. */
  readonly bounds: readonly number[];
  /** Per range, one more than bounds; not cumulative. */
  readonly counts: number[];
  sum = 0;
  count = 0;
  readonly #suffixes: readonly string[];
  readonly #labelled: Uint8Array;
  readonly #texts: readonly string[];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
    this.#suffixes = [...this.counts.map(() => "_bucket"), "_sum", "_count"];
    this.#labelled = Uint8Array.from([...this.counts.map(() => 1), 0, 0]);
    this.#texts = [...bounds.map(String), "+Inf"];
  }

  pack(): PackedSamples {
    return {
      values: Float64Array.from([...this.cumulative(), this.count, this.sum, this.count]),
      suffixes: this.#suffixes,
      names: LE,
      labelled: this.#labelled,
      texts: this.#texts,
    };
  }

  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    let range = 0;
    while (range < this.bounds.length && value > this.bounds[range]!) range += 1;
    this.counts[range]! += 1;
    this.sum += value;
    this.count += 1;
  }

  /** Per bound, how many values were not above it. */
  cumulative(): number[] {
    let total = 0;
    return this.bounds.map((_, range) => total += this.counts[range]!);
  }
}
