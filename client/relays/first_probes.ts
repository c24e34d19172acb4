/** Knows when the first probes have told enough to begin: whoever answers much later than others is not the nearest. */
import type { Clock, Timer } from "../../quic/clock.ts";

/** Who takes so much longer than the slowest that has finished is not waited for. */
const PATIENCE = 2;
const PATIENCE_MS = 250;
const LOOK_EVERY_MS = 20;

export class FirstProbes {
  /** When all have finished. */
  readonly ended: Promise<void>;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #end: () => void;
  /** Of the relays that answered. */
  #slowestMs: number | null = null;
  #measured = false;

  constructor(clock: Clock) {
    const ended = Promise.withResolvers<void>();
    this.ended = ended.promise;
    this.#end = ended.resolve;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  measured(): void {
    this.#measured = true;
  }

  finished(reached: boolean): void {
    if (reached) this.#slowestMs = this.#elapsed();
  }

  end(): void {
    this.#end();
  }

  /**
   * Resolves when it is known who is near, or after `withinMs` when it is known of anybody, and at the latest after
   * `atMostMs`.
   */
  async settled(withinMs: number, atMostMs: number): Promise<void> {
    let timer: Timer | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = this.#clock.every(LOOK_EVERY_MS, () => {
        const limit = this.#measured ? withinMs : atMostMs;
        if (this.#isSettled() || this.#elapsed() >= limit) resolve();
      });
    });
    await Promise.race([waited, this.ended]);
    timer?.cancel();
  }

  #isSettled(): boolean {
    if (this.#slowestMs === null) return false;
    return this.#elapsed() > this.#slowestMs * PATIENCE + PATIENCE_MS;
  }

  #elapsed(): number {
    return this.#clock.now() - this.#startedAt;
  }
}
