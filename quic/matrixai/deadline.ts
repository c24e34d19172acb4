/** One movable deadline; cheap to move later, which is what a busy connection does with every packet. */
import type { Clock, Timer } from "../clock.ts";

export class Deadline {
  readonly #clock: Clock;
  readonly #run: () => void;
  #due = Infinity;
  #armed: Timer | null = null;
  #armedFor = Infinity;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Moves the deadline to `ms` from now; null takes it away. */
  set(ms: number | null): void {
    this.#due = ms === null ? Infinity : this.#clock.now() + ms;
    // A timer that fires too early is re-armed then: moving later costs nothing now.
    if (this.#due >= this.#armedFor) return;
    this.#arm();
  }

  /** Takes the deadline away and stops the timer behind it. */
  cancel(): void {
    this.#armed?.cancel();
    this.#armed = null;
    this.#armedFor = Infinity;
    this.#due = Infinity;
  }

  #arm(): void {
    this.#armed?.cancel();
    this.#armedFor = this.#due;
    this.#armed = this.#clock.after(this.#due - this.#clock.now(), () => {
      this.#armed = null;
      this.#armedFor = Infinity;
      if (this.#due === Infinity) return;
      if (this.#clock.now() < this.#due) return this.#arm();
      this.#due = Infinity;
      this.#run();
    });
  }
}
