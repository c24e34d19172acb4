/** How long to wait before the next attempt: exponential, with full jitter so that many who wait do not come back at once. */

export interface BackoffOptions {
  /** Longest first wait. */
  readonly baseMs: number;
  /** Longest wait of all. */
  readonly maxMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    if (!(options.baseMs > 0 && options.maxMs >= options.baseMs)) {
      throw new RangeError("Waiting times must be above 0, the longest not below the first");
    }
    this.#options = options;
  }

  /** The wait after one more failure: anything up to a ceiling that doubles each time. */
  next(): number {
    const { baseMs, maxMs, random } = this.#options;
    return random() * Math.min(maxMs, baseMs * 2 ** this.#failures++);
  }

  /** After a success: the next wait is a first one again. */
  reset(): void {
    this.#failures = 0;
  }
}
