/** A tap in the relay's thread, whose events are fetched a few at a time: what nobody takes waits there, within bounds. */
import type {
  Tap,
  TapBatch,
  TapEvent,
  TapOptions,
  TapSubscription,
} from "../../relay/ports/tap.ts";
import type { QuestionName, Questions } from "./questions.ts";

/** Copying as many takes about 0.1 ms. */
const EVENTS_PER_FETCH = 100;
/** Events that wait here; more stay in the relay's thread, which counts what it has to leave out. */
const MOST_WAITING = 500;

export type Ask = <Name extends QuestionName>(
  what: Name,
  ...args: Parameters<Questions[Name]>
) => Promise<Awaited<ReturnType<Questions[Name]>>>;

export class MirroredTap implements Tap {
  readonly #ask: Ask;
  #opened = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  subscribe(options: TapOptions): TapSubscription {
    return new MirroredSubscription(this.#ask, ++this.#opened, options);
  }
}

class MirroredSubscription implements TapSubscription {
  readonly #ask: Ask;
  readonly #tap: number;
  #events: TapEvent[] = [];
  #skipped = 0;
  #unsampled = 0;
  #fetching = false;
  #closed = false;

  constructor(ask: Ask, tap: number, options: TapOptions) {
    this.#ask = ask;
    this.#tap = tap;
    this.#quietly(ask("openTap", tap, options));
  }

  /** What was fetched before; the rest comes with the next call. */
  take(max = Infinity): TapBatch {
    const events = this.#events.splice(0, max);
    const [skipped, unsampled] = [this.#skipped, this.#unsampled];
    this.#skipped = 0;
    this.#unsampled = 0;
    if (this.#events.length === 0 && !this.#fetching && !this.#closed) {
      this.#fetching = true;
      this.#quietly(this.#fetch().finally(() => this.#fetching = false));
    }
    return { events, skipped, unsampled };
  }

  close(): void {
    this.#closed = true;
    this.#events = [];
    this.#quietly(this.#ask("closeTap", this.#tap));
  }

  async #fetch(): Promise<void> {
    for (let more = true; more && !this.#closed && this.#events.length < MOST_WAITING;) {
      const batch = await this.#ask("takeTap", this.#tap, EVENTS_PER_FETCH);
      more = batch.events.length === EVENTS_PER_FETCH;
      this.#events.push(...batch.events);
      this.#skipped += batch.skipped;
      this.#unsampled += batch.unsampled;
    }
  }

  /** The relay says itself what went wrong; here there is just nothing to see. */
  #quietly(asked: Promise<unknown>): void {
    asked.catch(() => {});
  }
}
