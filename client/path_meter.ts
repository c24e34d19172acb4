/** Loss and round trip of the last seconds, from a transport's counters since the connection began. */
import type { PathQuality } from "../proto/quality_report.ts";
import type { PathStats } from "../quic/port.ts";

/** Samples that are compared; with one every half second, 10 s. Older loss does not count any more. */
const WINDOW = 20;

export class PathMeter {
  /** Oldest first. */
  readonly #samples: PathStats[] = [];

  add(stats: PathStats): void {
    this.#samples.push(stats);
    if (this.#samples.length > WINDOW + 1) this.#samples.shift();
  }

  /** Null before the first sample. */
  quality(): PathQuality | null {
    const oldest = this.#samples[0];
    const newest = this.#samples.at(-1);
    if (oldest === undefined || newest === undefined) return null;
    const sent = newest.sent - oldest.sent;
    const lost = newest.lost - oldest.lost;
    return {
      // Loss is noticed later than it happens, so more can be lost than was sent meanwhile.
      lossPercent: sent > 0 ? Math.min(100, 100 * lost / sent) : 0,
      rttMs: newest.rttMs,
      jitterMs: 0,
    };
  }
}
