/** When a source has misbehaved long enough to be left out for a while, and for how long. */

/**
 * What is forgiven for ever, and what at once. Each costs the relay a microsecond or two; who goes on for seconds means it.
 */
const BAD_PER_SECOND = 50;
const BAD_AT_ONCE = 500;
const FIRST_MS = 10_000;
const LONGEST_MS = 3_600_000;
/** After so long without a block the next one is short again. */
const FORGOTTEN_MS = 3_600_000;

/** What of one source was wrong. Time is given. */
export class Conduct {
  #bad = 0;
  #at = 0;
  #blocks = 0;
  #until = -Infinity;

  /** Counts something bad; answers how long the source is to be blocked, or 0. */
  bad(weight: number, now: number): number {
    this.#bad = Math.max(0, this.#bad - (now - this.#at) * BAD_PER_SECOND / 1000) + weight;
    this.#at = now;
    if (this.#bad <= BAD_AT_ONCE) return 0;
    if (now - this.#until >= FORGOTTEN_MS) this.#blocks = 0;
    const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#blocks);
    this.#blocks += 1;
    this.#bad = 0;
    this.#until = now + ms;
    return ms;
  }

  /** Whether there is nothing to remember. */
  isClean(now: number): boolean {
    return now - this.#until >= FORGOTTEN_MS &&
      this.#bad <= (now - this.#at) * BAD_PER_SECOND / 1000;
  }
}
