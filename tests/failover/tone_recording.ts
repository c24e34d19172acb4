/** Judges a recording of the client's test tone by its samples: where the tone is missing, and whether time went on in step. */
import { SAMPLE_RATE } from "../../client/sound/sound_format.ts";

const TONE_HZ = 440;
const TONE_AMPLITUDE = 16_000;
/** 25 ms are eleven whole turns of the tone. */
const BLOCK_MS = 25;
const BLOCK = SAMPLE_RATE * BLOCK_MS / 1_000;
/** A block counts as tone when so much of it is. What conceals a loss sounds like the tone for a moment, then fades. */
const LEAST = 0.6;

export interface Gap {
  /** From the beginning of the recording. */
  readonly atMs: number;
  readonly ms: number;
}

export interface ToneVerdict {
  readonly ms: number;
  /** Where there is no tone, in order. */
  readonly gaps: readonly Gap[];
  /**
   * Furthest that the tone is ever from where it would be without any gap, in milliseconds. The sine stands still
   * against the samples only as long as nothing was left out, put in or heard twice.
   */
  readonly slipMs: number;
}

/** Raw signed 16-bit little-endian mono at 48 kHz, as the client records. */
export function judgeTone(bytes: Uint8Array): ToneVerdict {
  const pcm = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
  const gaps: { atMs: number; ms: number }[] = [];
  let reference: number | null = null;
  let slip = 0;
  for (let start = 0; start + BLOCK <= pcm.length; start += BLOCK) {
    const { amplitude, phase } = toneOf(pcm, start);
    const atMs = start * 1_000 / SAMPLE_RATE;
    if (amplitude < LEAST * TONE_AMPLITUDE) {
      const last = gaps.at(-1);
      if (last !== undefined && last.atMs + last.ms === atMs) last.ms += BLOCK_MS;
      else gaps.push({ atMs, ms: BLOCK_MS });
      continue;
    }
    reference ??= phase;
    slip = Math.max(slip, Math.abs(turned(phase - reference)));
  }
  return {
    ms: pcm.length * 1_000 / SAMPLE_RATE,
    gaps,
    slipMs: slip / (2 * Math.PI) * 1_000 / TONE_HZ,
  };
}

/** How much of the tone is in a block, and where in its turn it stands against the samples. */
function toneOf(pcm: Int16Array, start: number): { amplitude: number; phase: number } {
  let [re, im] = [0, 0];
  for (let i = start; i < start + BLOCK; i++) {
    const angle = 2 * Math.PI * TONE_HZ * (i % SAMPLE_RATE) / SAMPLE_RATE;
    re += pcm[i]! * Math.sin(angle);
    im += pcm[i]! * Math.cos(angle);
  }
  return { amplitude: 2 * Math.hypot(re, im) / BLOCK, phase: Math.atan2(im, re) };
}

/** The same angle between -pi and pi. */
function turned(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}
