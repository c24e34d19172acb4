/** Fills in for sound that did not arrive: repeats the last pitch period and fades it out. */
import { SAMPLES_PER_MS } from "./sound_format.ts";

/** Pitch of 67 to 400 Hz. */
const MIN_LAG = 2.5 * SAMPLES_PER_MS;
const MAX_LAG = 15 * SAMPLES_PER_MS;
/** What is compared with itself to find the pitch. */
const WINDOW = 10 * SAMPLES_PER_MS;
const HISTORY = MAX_LAG + WINDOW;
/** Full level so long, as a lost frame mostly is one among many ... */
const HOLD = 10 * SAMPLES_PER_MS;
/** ... then down to nothing: repetition of more than a few periods sounds like a machine. */
const FADE = 50 * SAMPLES_PER_MS;
/** The first sound after a gap is blended with what would have come without it. */
const BLEND = 5 * SAMPLES_PER_MS;

export class Concealment {
  /** The newest samples heard; older ones first. */
  readonly #history = new Int16Array(HISTORY);
  /** The period that is repeated, while concealing. */
  #period: Int16Array | null = null;
  /** Samples made since sound stopped coming. */
  #made = 0;

  /** Takes decoded sound in; after concealed sound its first milliseconds are changed so that they join it. */
  follow(pcm: Int16Array): void {
    if (this.#period !== null) {
      const length = Math.min(BLEND, pcm.length);
      for (let i = 0; i < length; i++) {
        const share = (i + 1) / (length + 1);
        pcm[i] = Math.round(pcm[i]! * share + this.#next() * (1 - share));
      }
      this.#period = null;
      this.#made = 0;
    }
    if (pcm.length >= HISTORY) {
      this.#history.set(pcm.subarray(pcm.length - HISTORY));
    } else {
      this.#history.copyWithin(0, pcm.length);
      this.#history.set(pcm, HISTORY - pcm.length);
    }
  }

  /** The next so many samples of a gap. */
  conceal(samples: number): Int16Array {
    this.#period ??= this.#history.slice(HISTORY - this.#lag());
    const pcm = new Int16Array(samples);
    for (let i = 0; i < samples; i++) pcm[i] = this.#next();
    return pcm;
  }

  #next(): number {
    const { length } = this.#period!;
    const sample = this.#period![this.#made % length]!;
    const gain = Math.max(0, Math.min(1, 1 - (this.#made - HOLD) / FADE));
    this.#made++;
    return Math.round(sample * gain);
  }

  /** The shift at which the newest sound is most like what was before it. Every second sample is enough to tell. */
  #lag(): number {
    const history = this.#history;
    const start = HISTORY - WINDOW;
    let best = MAX_LAG;
    let bestLikeness = 0;
    for (let lag = MIN_LAG; lag <= MAX_LAG; lag++) {
      let product = 0;
      let energy = 1;
      for (let i = start; i < HISTORY; i += 2) {
        const earlier = history[i - lag]!;
        product += history[i]! * earlier;
        energy += earlier * earlier;
      }
      const likeness = product / Math.sqrt(energy);
      if (likeness > bestLikeness) {
        bestLikeness = likeness;
        best = lag;
      }
    }
    return best;
  }
}
