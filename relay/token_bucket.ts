/** How often something may happen: a burst, then a rate. */
import type { Clock } from "../quic/clock.ts";

/** So many events per second on average, and so many at once after a pause. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, perSecond: number, burst: number) {
    if (!(perSecond > 0) || !(burst > 0)) {
      throw new RangeError("A rate and a burst must be above 0");
    }
    this.#clock = clock;
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  /** Whether `cost` may happen now; if so it is paid for. */
  take(cost = 1): boolean {
    const now = this.#clock.now();
    const refill = Math.max(0, now - this.#filledAt) * this.#perMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + refill);
    this.#filledAt = now;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}
