/** When the next frame is due: deadlines that are added up, so that late timers cause no drift. */

/** After a longer stall (a suspended machine) the time is taken as lost instead of being caught up in a burst. */
const MAX_LATE_MS = 1_000;

export class Pacer {
  #due: number;

  /** The first frame is due at `now`. */
  constructor(now: number) {
    this.#due = now;
  }

  /** How long until the next frame is due; 0 when it is, or was. */
  wait(now: number): number {
    return Math.max(0, this.#due - now);
  }

  /** The frame that was due has been sent and lasts so long. */
  sent(now: number, frameMs: number): void {
    if (now - this.#due > MAX_LATE_MS) this.#due = now;
    this.#due += frameMs;
  }
}
