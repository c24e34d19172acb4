/** Chooses at random so many events per second from however many there are. */
import type { Clock } from "../../quic/clock.ts";

const WINDOW_MS = 1000;

/**
 * By chance and not every n-th: senders take turns in a fixed order every 20 ms, and every n-th packet could always be
 * the same sender's.
 */
export class Sampler {
  readonly #clock: Clock;
  readonly #perSecond: number;
  /** 0 to below 1, like `Math.random`. */
  readonly #random: () => number;
  #windowStart: number;
  #seen = 0;
  #taken = 0;
  /** Follows from how many there were in the window before. */
  #chance = 1;

  constructor(clock: Clock, perSecond: number, random: () => number) {
    if (!(perSecond > 0)) throw new RangeError(`A rate must be above 0, got ${perSecond}`);
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#random = random;
    this.#windowStart = clock.now();
  }

  /** Whether the event that happens now is taken. Never more than the rate within one window. */
  take(): boolean {
    const now = this.#clock.now();
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#chance = this.#perSecond / this.#seen;
      this.#windowStart = now;
      this.#seen = 0;
      this.#taken = 0;
    }
    this.#seen += 1;
    if (this.#taken >= this.#perSecond) return false;
    if (this.#chance < 1 && this.#random() >= this.#chance) return false;
    this.#taken += 1;
    return true;
  }
}
