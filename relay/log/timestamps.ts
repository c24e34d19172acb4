/** Timestamps with microseconds, from a wall clock that only has milliseconds. */
import type { Clock } from "../../quic/clock.ts";

/** Follows the wall clock and takes the digits below a millisecond from the monotonic one. */
export class Timestamps {
  readonly #clock: Clock;
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.wall() - clock.now();
  }

  /** `2026-04-13T12:47:21.123456Z` */
  now(): string {
    const wall = Math.floor(this.#clock.wall());
    const monotonic = this.#clock.now();
    // The wall clock is cut to whole milliseconds, so the true time lies within the one it names.
    if (monotonic + this.#offset < wall || monotonic + this.#offset >= wall + 1) {
      this.#offset = wall - monotonic;
    }
    const fraction = monotonic + this.#offset - wall;
    const micros = Math.max(0, Math.min(999, Math.floor(fraction * 1000)));
    return `${new Date(wall).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
  }
}
