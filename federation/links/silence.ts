/** Tells when nothing has been heard for too long. */
import type { Clock, Timer } from "../../quic/clock.ts";

/** A timer this late means that this process stood still; what came meanwhile has not been looked at yet. */
const STOOD_STILL_MS = 1_000;

export class Silence {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilent: () => void;
  #heardAt: number;
  #timer: Timer;

  /** Begins now. `onSilent` is called once, unless `stop` comes first. */
  constructor(clock: Clock, limitMs: number, onSilent: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilent = onSilent;
    this.#heardAt = clock.now();
    this.#timer = this.#wait(limitMs);
  }

  /** Something came. On the media path. */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #wait(ms: number): Timer {
    const due = this.#clock.now() + ms;
    return this.#clock.after(ms, () => {
      const now = this.#clock.now();
      if (now - due >= STOOD_STILL_MS) this.#heardAt = now;
      const left = this.#heardAt + this.#limitMs - now;
      // Timers of a machine may fire a fraction of a millisecond early.
      if (left <= 1) this.#onSilent();
      else this.#timer = this.#wait(left);
    });
  }
}
