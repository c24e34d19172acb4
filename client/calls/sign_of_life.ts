/** Whether a relay that carries only signals is still there: asked now and then, and missed by its silence. */
import type { Clock, Timer } from "../../quic/clock.ts";

/** Time in which we stood still ourselves proves nothing, so it is counted in ticks. */
const TICK_MS = 500;
/** From an answer to the next question. */
const ASK_AFTER_TICKS = 4;
/** A question that is lost is sent again well within that. */
const SILENT_AFTER_TICKS = 4;

export interface SignOfLifeOptions {
  readonly clock: Clock;
  /** Whether the answer matters at the moment. */
  readonly wanted: () => boolean;
  /** Resolves with the answer; rejects when it is too late to wait for it. */
  readonly ask: () => Promise<unknown>;
  /** Once per question that is not answered. */
  readonly onSilent: () => void;
}

export class SignOfLife {
  readonly #options: SignOfLifeOptions;
  readonly #ticking: Timer;
  #heardAt: number;
  /** Ticks since the last sign, or since the question that is open. */
  #ticks = 0;
  /** The question that is open. */
  #question: Promise<unknown> | null = null;

  constructor(options: SignOfLifeOptions) {
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#ticking = options.clock.every(TICK_MS, () => this.#tick());
  }

  /** When the last sign was seen. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Whether nothing came back in time. */
  get silent(): boolean {
    return this.#question !== null && this.#ticks >= SILENT_AFTER_TICKS;
  }

  /** Something was heard, or another relay is asked from now on. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#forget();
  }

  stop(): void {
    this.#ticking.cancel();
  }

  #forget(): void {
    this.#question = null;
    this.#ticks = 0;
  }

  #tick(): void {
    const { wanted, onSilent } = this.#options;
    this.#ticks++;
    if (this.#question !== null) {
      if (this.#ticks === SILENT_AFTER_TICKS) onSilent();
      return;
    }
    if (this.#ticks < ASK_AFTER_TICKS) return;
    if (wanted()) this.#ask();
    else this.#forget();
  }

  #ask(): void {
    const question = this.#options.ask();
    this.#question = question;
    this.#ticks = 0;
    question.then(
      () => this.#question === question && this.heard(),
      () => this.#question === question && this.#forget(),
    );
  }
}
