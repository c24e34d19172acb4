/** The relay's life as a state machine: `starting -> serving -> draining -> stopped`, never backwards. */
import type { Clock, Timer } from "../quic/clock.ts";

export type LifeState = "starting" | "serving" | "draining" | "stopped";

interface LifeCycleOptions {
  readonly clock: Clock;
  /** How long a drain waits for work to end; asked when the drain begins, so that a reload counts. */
  readonly drainTimeoutMs: () => number;
  /** Told after every change of state. */
  readonly onState: (state: LifeState, reason: string) => void;
}

export class LifeCycle {
  readonly #options: LifeCycleOptions;
  #state: LifeState = "starting";
  #held = 0;
  #timer: Timer | null = null;

  constructor(options: LifeCycleOptions) {
    this.#options = options;
  }

  get state(): LifeState {
    return this.#state;
  }

  /** Pieces of work that a drain waits for. */
  get held(): number {
    return this.#held;
  }

  /**
   * Marks a piece of work (a room session, a call) that a drain waits for; call the answer once when it ended.
   * Further calls of it are harmless.
   */
  hold(): () => void {
    let held = true;
    this.#held++;
    return () => {
      if (!held) return;
      held = false;
      this.#held--;
      if (this.#state === "draining" && this.#held === 0) this.stop("drained");
    };
  }

  /** Everything is up. */
  serve(): void {
    if (this.#state === "starting") this.#enter("serving", "ready");
  }

  /** Takes no new work from now on and stops when the present work has ended, or is taking too long. */
  drain(reason: string): void {
    if (this.#state === "draining" || this.#state === "stopped") return;
    const limit = this.#options.drainTimeoutMs();
    this.#enter("draining", reason);
    if (this.#held === 0) return this.stop("drained");
    this.#timer = this.#options.clock.after(limit, () => this.stop("drain timeout"));
  }

  /** Stops at once. */
  stop(reason: string): void {
    if (this.#state === "stopped") return;
    this.#timer?.cancel();
    this.#enter("stopped", reason);
  }

  #enter(state: LifeState, reason: string): void {
    this.#state = state;
    this.#options.onState(state, reason);
  }
}
