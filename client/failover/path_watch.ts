/** Tells a path that has been poor for a while from one that had a bad moment. */
import type { PathQuality } from "../../proto/quality_report.ts";

/**
 * Beyond any of these speech suffers whatever the codec does: a round trip that makes people talk into each other's
 * words (ITU-T G.114 wants less than 400 ms mouth to ear, of which coding and buffers take a part), jitter beyond what
 * the jitter buffer evens out, loss beyond what concealment hides.
 */
export const POOR = { rttMs: 500, jitterMs: 60, lossPercent: 8 };
/** Measurements in a row, one every 500 ms: 5 s. */
export const POOR_FOR = 10;

export class PathWatch {
  #poor = 0;
  #measured = 0;

  /** What was measured; null when nothing was. */
  add(quality: PathQuality | null): void {
    if (quality === null) return;
    this.#measured++;
    this.#poor = isPoor(quality) ? this.#poor + 1 : 0;
  }

  /** Poor for as long as counts. */
  get poor(): boolean {
    return this.#poor >= POOR_FOR;
  }

  /** It was measured, and not poor at last. */
  get good(): boolean {
    return this.#measured > 0 && this.#poor === 0;
  }
}

function isPoor({ rttMs, jitterMs, lossPercent }: PathQuality): boolean {
  return rttMs > POOR.rttMs || jitterMs > POOR.jitterMs || lossPercent > POOR.lossPercent;
}
