/** Limits how fast something may happen, as waiting time instead of refusals (generic cell rate algorithm). */

export class Pace {
  #msPerUnit!: number;
  #burstMs!: number;
  /** When everything charged so far would be paid for. */
  #paidAt = -Infinity;

  /** `burst` units may come at once, after that `perSecond`. */
  constructor(perSecond: number, burst: number) {
    this.change(perSecond, burst);
  }

  /** Goes on at another pace; what was charged and is not paid for stays so. */
  change(perSecond: number, burst: number): void {
    if (!(perSecond > 0 && burst >= 0)) throw new RangeError("A pace must be above 0");
    this.#msPerUnit = 1000 / perSecond;
    this.#burstMs = burst * this.#msPerUnit;
  }

  /** Charges for something that happened at `now`. */
  charge(now: number, units: number): void {
    this.#paidAt = Math.max(this.#paidAt, now) + units * this.#msPerUnit;
  }

  /** Charges for one more if it may happen now; whether it may. */
  take(now: number): boolean {
    if (this.wait(now) > 0) return false;
    this.charge(now, 1);
    return true;
  }

  /** Milliseconds to wait before the next may happen. */
  wait(now: number): number {
    return Math.max(0, this.#paidAt - now - this.#burstMs);
  }
}
