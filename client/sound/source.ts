/** Where sound to be sent comes from. */
import { SAMPLE_RATE } from "./sound_format.ts";

export interface SoundSource {
  /** Exactly so many samples, or null at the end; what is left and too little for a frame is dropped. */
  next(samples: number): Int16Array | null;
}

const TONE_HZ = 440;
const TONE_AMPLITUDE = 16_000;

/** A sine of 440 Hz at amplitude 16,000, the original's test tone. */
export function toneSource(seconds: number): SoundSource {
  const end = Math.round(seconds * SAMPLE_RATE);
  let at = 0;
  return {
    next(samples) {
      if (at + samples > end) return null;
      const pcm = new Int16Array(samples);
      for (let i = 0; i < samples; i++, at++) {
        // The phase repeats every second, which keeps the sine exact however long it lasts.
        pcm[i] = Math.round(
          TONE_AMPLITUDE * Math.sin(2 * Math.PI * TONE_HZ * (at % SAMPLE_RATE) / SAMPLE_RATE),
        );
      }
      return pcm;
    },
  };
}

/** Raw signed 16-bit little-endian mono at 48 kHz, as it stands in a file. */
export function pcmSource(bytes: Uint8Array): SoundSource {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.byteLength >> 1;
  let at = 0;
  return {
    next(samples) {
      if (at + samples > end) return null;
      const pcm = Int16Array.from({ length: samples }, (_, i) => view.getInt16((at + i) * 2, true));
      at += samples;
      return pcm;
    },
  };
}
