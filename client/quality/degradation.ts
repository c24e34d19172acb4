/** Notices a path that serves badly for a while, as opposed to one that stumbles. Pure. */

/** Below it hardly anybody is content. */
export const POOR_SCORE = 50;
const FOR_MS = 10_000;
/** After a gap we do not know what was meanwhile. */
const MAX_GAP_MS = 5_000;

export class Degradation {
  #since: number | null = null;
  #last = -Infinity;

  /** Whether the score has been poor for ten seconds, with something measured all the time. */
  add(now: number, score: number): boolean {
    if (now - this.#last > MAX_GAP_MS) this.#since = null;
    this.#last = now;
    if (score >= POOR_SCORE) this.#since = null;
    else this.#since ??= now;
    return this.#since !== null && now - this.#since >= FOR_MS;
  }
}
