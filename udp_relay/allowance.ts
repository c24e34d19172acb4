/** How much may happen: a burst, then a rate. Time is given, so that nothing here has a clock. */

export class Allowance {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#left = burst;
    this.#at = now;
  }

  /** Whether `cost` may happen now; it is not paid yet. */
  has(cost: number, now: number): boolean {
    if (now > this.#at) {
      this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs);
      this.#at = now;
    }
    return this.#left >= cost;
  }

  pay(cost: number): void {
    this.#left -= cost;
  }

  /** Whether `cost` may happen now; if so it is paid for. */
  take(cost: number, now: number): boolean {
    if (!this.has(cost, now)) return false;
    this.#left -= cost;
    return true;
  }
}
