/** What is sent of silence, and what is played for it. */
import { rmsOf } from "./level.ts";

const SILENT_RMS = 100;
/** So many silent frames in a row are still sent: the ends of words are quiet. */
const HANGOVER_FRAMES = 5;
/** One comfort noise packet for so many suppressed frames. */
const NOISE_EVERY = 10;
/** The level that comfort noise packets ask for. */
export const NOISE_AMPLITUDE = 50;

export type SilenceDecision = "send" | "noise" | "nothing";

/** Decides frame by frame. */
export class SilenceDetector {
  #silent = 0;

  decide(pcm: Int16Array): SilenceDecision {
    if (rmsOf(pcm) >= SILENT_RMS) {
      this.#silent = 0;
      return "send";
    }
    this.#silent++;
    const suppressed = this.#silent - HANGOVER_FRAMES;
    if (suppressed <= 0) return "send";
    return suppressed % NOISE_EVERY === 0 ? "noise" : "nothing";
  }
}

/** Random sound of at most `amplitude` either way; `random` gives 0 to 1. */
export function comfortNoise(
  samples: number,
  amplitude = NOISE_AMPLITUDE,
  random: () => number = Math.random,
): Int16Array {
  return Int16Array.from({ length: samples }, () => Math.round((random() * 2 - 1) * amplitude));
}
