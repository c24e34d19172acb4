/** Lets so many do something at a time; so many more may wait for their turn. */

export class Slots {
  readonly #max: number;
  readonly #maxWaiting: number;
  #taken = 0;
  readonly #waiting = new Set<() => void>();

  constructor(max: number, maxWaiting: number) {
    this.#max = max;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * True once it is the caller's turn, who must `leave` when done. False when too many wait already, or when
   * `signal` is aborted first.
   */
  enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#taken < this.#max) {
      this.#taken += 1;
      return Promise.resolve(true);
    }
    if (this.#waiting.size >= this.#maxWaiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      const go = () => {
        signal.removeEventListener("abort", giveUp);
        resolve(true);
      };
      const giveUp = () => {
        this.#waiting.delete(go);
        resolve(false);
      };
      this.#waiting.add(go);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** Hands the place to whoever has waited longest. */
  leave(): void {
    for (const go of this.#waiting) {
      this.#waiting.delete(go);
      return go();
    }
    this.#taken -= 1;
  }

  get taken(): number {
    return this.#taken;
  }
}
