/** What a path was like: the last samples, means of minutes for those who aggregate, and where it is going. */
import { type PathFigures, score } from "./e_model.ts";

export type Trend = "rising" | "stable" | "falling";

/** A minute that is over. */
export interface MinuteMean extends PathFigures {
  /** Its beginning, on the clock of the samples. */
  readonly at: number;
  readonly samples: number;
  readonly score: number;
}

interface Sample extends PathFigures {
  readonly at: number;
  readonly score: number;
}

const MINUTE_MS = 60_000;
const MAX_MINUTES = 120;
const MAX_SAMPLES = 64;
/** The trend compares what is newer than this with what came before it. */
const RECENT_MS = 10_000;
const BEFORE_MS = 30_000;
/** On both sides. */
const MIN_SAMPLES = 5;
/** Points of the score; less is noise. */
const STEP = 3;

export class QualityHistory {
  /** Oldest first, like the minutes. */
  readonly #samples: Sample[] = [];
  readonly #minutes: MinuteMean[] = [];
  #minute: Sum | null = null;

  /** Times must not go back. */
  add(now: number, figures: PathFigures): void {
    const sample = { ...figures, at: now, score: score(figures) };
    this.#samples.push(sample);
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
    const at = Math.floor(now / MINUTE_MS) * MINUTE_MS;
    if (this.#minute !== null && this.#minute.at !== at) this.#endMinute(this.#minute);
    this.#minute ??= { at, samples: 0, score: 0, latencyMs: 0, jitterMs: 0, lossPct: 0 };
    accumulate(this.#minute, sample);
  }

  /** The minutes that are over, at most two hours of them. */
  get minutes(): readonly MinuteMean[] {
    return this.#minutes;
  }

  /** Mean of the last ten seconds with samples; null without any. */
  get score(): number | null {
    const last = this.#samples.at(-1);
    return last === undefined ? null : meanScore(this.#between(last.at - RECENT_MS, Infinity));
  }

  get trend(): Trend {
    const now = this.#samples.at(-1)?.at ?? 0;
    const recent = this.#between(now - RECENT_MS, Infinity);
    const before = this.#between(now - RECENT_MS - BEFORE_MS, now - RECENT_MS);
    if (recent.length < MIN_SAMPLES || before.length < MIN_SAMPLES) return "stable";
    const change = meanScore(recent) - meanScore(before);
    return change >= STEP ? "rising" : change <= -STEP ? "falling" : "stable";
  }

  /** After the one, up to and with the other. */
  #between(after: number, until: number): Sample[] {
    return this.#samples.filter(({ at }) => at > after && at <= until);
  }

  #endMinute({ at, samples, ...sums }: Sum): void {
    this.#minutes.push({
      at,
      samples,
      score: sums.score / samples,
      latencyMs: sums.latencyMs / samples,
      jitterMs: sums.jitterMs / samples,
      lossPct: sums.lossPct / samples,
    });
    if (this.#minutes.length > MAX_MINUTES) this.#minutes.shift();
    this.#minute = null;
  }
}

type Sum = { -readonly [K in keyof MinuteMean]: MinuteMean[K] };

function accumulate(sum: Sum, sample: Sample): void {
  sum.samples += 1;
  sum.score += sample.score;
  sum.latencyMs += sample.latencyMs;
  sum.jitterMs += sample.jitterMs;
  sum.lossPct += sample.lossPct;
}

function meanScore(samples: readonly Sample[]): number {
  return samples.reduce((sum, { score }) => sum + score, 0) / samples.length;
}
