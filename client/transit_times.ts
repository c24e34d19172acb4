/** How long packets take from one session of this process to another. */

/** Numbers come round again; what is older than this many packets has been forgotten by then. */
const MAX_UNDER_WAY = 10_000;

export interface TransitSummary {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export class TransitTimes {
  readonly #left = new Map<number, number>();
  readonly #times: number[] = [];

  /** Packets that arrived, each once. */
  get count(): number {
    return this.#times.length;
  }

  left(seq: number, now: number): void {
    this.#left.set(seq, now);
    if (this.#left.size > MAX_UNDER_WAY) this.#left.delete(this.#left.keys().next().value!);
  }

  /** Repetitions, and packets of others, do not count. */
  arrived(seq: number, now: number): void {
    const left = this.#left.get(seq);
    if (left === undefined) return;
    this.#left.delete(seq);
    this.#times.push(now - left);
  }

  /** Milliseconds, or null when nothing arrived. */
  summary(): TransitSummary | null {
    if (this.#times.length === 0) return null;
    const sorted = this.#times.toSorted((a, b) => a - b);
    const at = (share: number) =>
      Number(sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(2));
    return { min: at(0), median: at(0.5), max: at(1) };
  }
}
