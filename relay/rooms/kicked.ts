/** Whom an operator sent away for a while: fingerprints that rooms do not let in until their time is over. */
import type { Clock } from "../../quic/clock.ts";

/** Nobody kicks more by hand; above it the one whose time is over first is let in again. */
const MAX_KICKED = 1_000;

export class Kicked {
  readonly #clock: Pick<Clock, "now">;
  readonly #max: number;
  /** When each may come again. */
  readonly #until = new Map<string, number>();

  constructor(clock: Pick<Clock, "now">, max = MAX_KICKED) {
    this.#clock = clock;
    this.#max = max;
  }

  /** Refuses a fingerprint from now on for so long; 0 takes back what was said before. */
  refuse(fingerprint: string, ms: number): void {
    this.#until.delete(fingerprint);
    if (!(ms > 0)) return;
    if (this.#until.size >= this.#max) this.#makeRoom();
    this.#until.set(fingerprint, this.#clock.now() + ms);
  }

  holds(fingerprint: string): boolean {
    const until = this.#until.get(fingerprint);
    if (until === undefined) return false;
    if (this.#clock.now() < until) return true;
    this.#until.delete(fingerprint);
    return false;
  }

  get size(): number {
    return this.#until.size;
  }

  #makeRoom(): void {
    const now = this.#clock.now();
    let soonest: string | null = null;
    for (const [fingerprint, until] of this.#until) {
      if (until <= now) this.#until.delete(fingerprint);
      else if (soonest === null || until < this.#until.get(soonest)!) soonest = fingerprint;
    }
    if (this.#until.size >= this.#max && soonest !== null) this.#until.delete(soonest);
  }
}
