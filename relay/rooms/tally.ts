/** How many there are of each of many keys; only keys that have some are kept. */

export class Tally {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** One more; call the answer once when it is gone. */
  add(key: string): () => void {
    this.#total += 1;
    this.#counts.set(key, this.of(key) + 1);
    return () => {
      this.#total -= 1;
      const left = this.of(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    };
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** All together. */
  get total(): number {
    return this.#total;
  }

  /** Keys that have some. */
  get size(): number {
    return this.#counts.size;
  }
}
