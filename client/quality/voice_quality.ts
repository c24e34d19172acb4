/** How good a session is and was: for each relay that carried it, and for those who are heard. */
import type { PathQuality } from "../../proto/quality_report.ts";
import { throughRelay } from "./e_model.ts";
import { type MinuteMean, QualityHistory, type Trend } from "./quality_history.ts";
import { SpeakerQuality } from "./speaker_quality.ts";

/** As in the output for scripts. */
export interface HistoryReport {
  readonly score: number | null;
  readonly trend: Trend;
  /** The minutes that are over. */
  readonly minutes: readonly MinuteReport[];
}

export interface MinuteReport {
  /** Unix milliseconds. */
  readonly at_ms: number;
  readonly score: number;
  readonly latency_ms: number;
  readonly jitter_ms: number;
  readonly loss_pct: number;
}

export interface RelayQualityReport extends HistoryReport {
  /** Null for the way from client to client. */
  readonly relay: string | null;
}

export interface PeerReport extends HistoryReport {
  readonly jitter_ms: number;
  readonly loss_pct: number;
}

/** More relays than a session ever sees. */
const MAX_RELAYS = 16;

export class VoiceQuality {
  readonly speaker = new SpeakerQuality();
  readonly #relays = new Map<string | null, QualityHistory>();
  readonly #peer = new QualityHistory();
  #present: string | null = null;

  /** Once a second, with the Unix time: what the way over this relay is like, null where nothing tells. */
  sample(wall: number, relay: string | null, path: PathQuality | null): void {
    this.#present = relay;
    const heard = this.speaker.figures();
    if (heard !== null) this.#peer.add(wall, heard);
    if (path === null) return;
    let history = this.#relays.get(relay);
    if (history === undefined) {
      if (this.#relays.size >= MAX_RELAYS) this.#relays.delete(this.#relays.keys().next().value!);
      this.#relays.set(relay, history = new QualityHistory());
    }
    history.add(wall, throughRelay(path));
  }

  /** Of the relay in use; null until measured. */
  get score(): number | null {
    return this.#relays.get(this.#present)?.score ?? null;
  }

  get trend(): Trend | null {
    return this.#relays.get(this.#present)?.trend ?? null;
  }

  get peerScore(): number | null {
    return this.#peer.score;
  }

  relays(): RelayQualityReport[] {
    return [...this.#relays].map(([relay, history]) => ({ relay, ...historyReport(history) }));
  }

  /** Null while nobody was heard. */
  peer(): PeerReport | null {
    const figures = this.speaker.figures();
    if (figures === null) return null;
    const { jitterMs, lossPct } = figures;
    return { ...historyReport(this.#peer), jitter_ms: round(jitterMs), loss_pct: round(lossPct) };
  }
}

function historyReport({ score, trend, minutes }: QualityHistory): HistoryReport {
  return { score: score === null ? null : round(score), trend, minutes: minutes.map(minuteReport) };
}

function minuteReport({ at, score, latencyMs, jitterMs, lossPct }: MinuteMean): MinuteReport {
  return {
    at_ms: at,
    score: round(score),
    latency_ms: round(latencyMs),
    jitter_ms: round(jitterMs),
    loss_pct: round(lossPct),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
