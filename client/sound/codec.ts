/** The port between sound and packets: what a voice codec does for one direction of each. */
import type { Tier } from "./tier.ts";

/** One encoder and one decoder. They share nothing but the object. */
export interface Codec {
  /** What is encoded with. */
  readonly tier: Tier;
  /** Takes effect with the next frame. */
  setTier(tier: Tier): void;
  /** One frame of exactly `tier.samples` samples. */
  encode(pcm: Int16Array): Uint8Array;
  /** The sound of one payload of any tier, or null when it cannot be decoded. The caller owns the result. */
  decode(payload: Uint8Array): Int16Array | null;
  /** Sound for a frame that did not arrive, made from what was decoded before it. */
  conceal(samples: number): Int16Array;
  /** Gives its memory back; nothing may be called afterwards. */
  close(): void;
}
