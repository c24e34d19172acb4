/**
 * How good a conversation over a path can be: the transmission rating R of ITU-T G.107 (the E-model), reduced to what
 * a client measures.
 *
 *   R = 93.2 - Idd(Ta) - Ie,eff(loss)
 *
 * 93.2 is what the standard's default values leave (Ro - Is): no noise, no echo, no advantage factor.
 *
 * Ta is the time from mouth to ear: the path, a jitter buffer of twice the mean jitter, a frame of 20 ms and the
 * 6.5 ms that Opus looks ahead. Up to 100 ms it costs nothing; above, with X = log2(Ta / 100),
 *
 *   Idd = 25 * ((1 + X^6)^(1/6) - 3 * (1 + (X/3)^6)^(1/6) + 2)
 *
 * Loss costs Ie,eff = Ie + (95 - Ie) * Ppl / (Ppl / BurstR + Bpl) with random loss (BurstR 1). G.113 has no values for
 * Opus: Ie is 0, like a codec that is not heard, and Bpl 20, between G.711 with concealment (25.1) and G.729A (19).
 */

/** A path as measured. */
export interface PathFigures {
  /** One way, from client to client; see `throughRelay`. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** 0 to 100. */
  readonly lossPct: number;
}

export const BEST_R = 93.2;
const FRAME_MS = 20;
const LOOK_AHEAD_MS = 6.5;
/** Of the mean jitter, that a jitter buffer waits. */
const BUFFERED_JITTERS = 2;
const FREE_DELAY_MS = 100;
const IE = 0;
const BPL = 20;
const MAX_IMPAIRMENT = 95;

/** 0 to 93.2; above 80 most are content, below 50 hardly anybody. */
export function rFactor({ latencyMs, jitterMs, lossPct }: PathFigures): number {
  const mouthToEar = positive(latencyMs) + BUFFERED_JITTERS * positive(jitterMs) + FRAME_MS +
    LOOK_AHEAD_MS;
  const rating = BEST_R - delayImpairment(mouthToEar) -
    lossImpairment(Math.min(100, positive(lossPct)));
  return Math.max(0, rating);
}

/** The same from 0 to 100, where a path without delay, jitter and loss has 100. */
export function score(path: PathFigures): number {
  return 100 * rFactor(path) / BEST_R;
}

/** The figures of our way to a relay as those of a conversation, with the other side as far from it as we are. */
export function throughRelay(
  path: { readonly rttMs: number; readonly jitterMs: number; readonly lossPercent: number },
): PathFigures {
  return { latencyMs: path.rttMs, jitterMs: path.jitterMs, lossPct: path.lossPercent };
}

function delayImpairment(ms: number): number {
  if (!(ms > FREE_DELAY_MS)) return 0;
  if (ms === Infinity) return MAX_IMPAIRMENT;
  const x = Math.log2(ms / FREE_DELAY_MS);
  const term = (y: number) => (1 + y ** 6) ** (1 / 6);
  return Math.max(0, 25 * (term(x) - 3 * term(x / 3) + 2));
}

function lossImpairment(percent: number): number {
  return IE + (MAX_IMPAIRMENT - IE) * percent / (percent + BPL);
}

/** What nobody measured (NaN) counts as nothing. */
function positive(value: number): number {
  return value > 0 ? value : 0;
}
