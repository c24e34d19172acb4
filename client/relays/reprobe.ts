/** When to probe again in the background: now and then, and often for a while when something got worse. */
import type { Clock, Timer } from "../../quic/clock.ts";

export interface ReprobeTimes {
  /** In quiet times. */
  readonly calmMs: number;
  /** While something is wrong. */
  readonly hurryMs: number;
  /** How long one hurries. */
  readonly hurryForMs: number;
}

export const REPROBE_TIMES: ReprobeTimes = { calmMs: 20_000, hurryMs: 2_000, hurryForMs: 30_000 };
/** Waits differ by so much to either side, so that clients that began together do not stay together. */
const JITTER = 0.2;

export interface ReprobeOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly times?: ReprobeTimes;
  /** Probes what was not probed for so long. The next wait begins when it has ended. */
  readonly probe: (maxAgeMs: number) => Promise<void>;
}

export class Reprobe {
  readonly #options: Required<ReprobeOptions>;
  #timer: Timer | null = null;
  #dueAt = Infinity;
  #running = false;
  #probing = false;
  #hurryUntil = -Infinity;

  constructor(options: ReprobeOptions) {
    this.#options = { times: REPROBE_TIMES, ...options };
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  /** Something got worse: look around at once, and often for a while. */
  hurry(): void {
    const { clock, times } = this.#options;
    this.#hurryUntil = clock.now() + times.hurryForMs;
    const soon = clock.now() + times.hurryMs;
    if (this.#running && !this.#probing && soon < this.#dueAt) this.#schedule();
  }

  get hurries(): boolean {
    return this.#options.clock.now() < this.#hurryUntil;
  }

  #schedule(): void {
    const { clock, times, random } = this.#options;
    this.#timer?.cancel();
    const wait = (this.hurries ? times.hurryMs : times.calmMs) *
      (1 + JITTER * (2 * random() - 1));
    this.#dueAt = clock.now() + wait;
    this.#timer = clock.after(wait, () => this.#run());
  }

  async #run(): Promise<void> {
    const { times, probe } = this.#options;
    this.#probing = true;
    this.#dueAt = Infinity;
    try {
      // Half of it: what a signal of the client probed just now can wait, what is due within a moment cannot.
      await probe((this.hurries ? times.hurryMs : times.calmMs) / 2);
    } finally {
      this.#probing = false;
      if (this.#running) this.#schedule();
    }
  }
}
