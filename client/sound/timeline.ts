/** Tells from timestamps how much sound is missing before a packet, so that what is played keeps its length. */

/** The legacy Android app counts samples instead of milliseconds. */
const SAMPLES_PER_MS = 48;
/** How far a sender's clock may be ahead of ours; more would be filled with made-up silence without end. */
const SLACK_MS = 5_000;

/** What to play before a packet. */
export interface Missing {
  /** Lost sound. */
  readonly concealMs: number;
  /** Sound that was never sent. */
  readonly silenceMs: number;
}

interface Previous {
  readonly timestamp: number;
  readonly frameMs: number;
}

/** Of one sender. */
export class Timeline {
  readonly #start: number;
  #previous: Previous | null = null;
  #unitsPerMs = 1;
  #position = 0;

  /** Its first packet came at `now`. */
  constructor(now: number) {
    this.#start = now;
  }

  /** The next packet in order: `lost` packets before it never came. */
  advance(now: number, timestamp: number, frameMs: number, lost: number): Missing {
    const previous = this.#previous;
    this.#previous = { timestamp, frameMs };
    if (previous === null) {
      this.#position = frameMs;
      return { concealMs: 0, silenceMs: 0 };
    }
    const step = (timestamp - previous.timestamp) | 0;
    if (lost === 0) {
      if (step === previous.frameMs) this.#unitsPerMs = 1;
      else if (step === previous.frameMs * SAMPLES_PER_MS) this.#unitsPerMs = SAMPLES_PER_MS;
    }
    const concealable = lost * previous.frameMs;
    const said = Math.round(step / this.#unitsPerMs) - previous.frameMs;
    // A timestamp that stands still or runs backward says nothing; the numbers do.
    const missing = said < 0 ? concealable : said;
    const possible = Math.max(0, now - this.#start + SLACK_MS - this.#position);
    const gap = Math.min(missing, Math.floor(possible));
    const concealMs = Math.min(gap, concealable);
    this.#position += gap + frameMs;
    return { concealMs, silenceMs: gap - concealMs };
  }
}
