/** Lets the log say the same of the same relay once in a while only, however often it happens. */
import type { Clock } from "../../quic/clock.ts";

export class Seldom {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #max: number;
  /** When each was said last, the oldest first. */
  readonly #said = new Map<string, number>();

  /** At most `max` different things are said in an interval. */
  constructor(clock: Clock, intervalMs: number, max: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#max = max;
  }

  /** Whether to say it now. */
  due(what: string): boolean {
    const now = this.#clock.now();
    for (const [old, at] of this.#said) {
      if (now - at < this.#intervalMs) break;
      this.#said.delete(old);
    }
    if (this.#said.has(what) || this.#said.size >= this.#max) return false;
    this.#said.set(what, now);
    return true;
  }

  /** It has changed: the next time is news. */
  forget(what: string): void {
    this.#said.delete(what);
  }
}
