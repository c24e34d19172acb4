/** The recent round trips of one relay, and what they are when outliers are left aside. */

/** Three probes of three: a change is believed once it has filled more than half. */
const SAMPLES = 9;

export class LatencyWindow {
  readonly #samples: number[] = [];

  add(rttMs: number): void {
    this.#samples.push(rttMs);
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** Of a relay that is gone; when it comes back it may be somewhere else. */
  clear(): void {
    this.#samples.length = 0;
  }

  /** Null before the first. */
  median(): number | null {
    return medianOf(this.#samples);
  }
}

/** Null for an empty list. */
export function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
