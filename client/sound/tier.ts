/** What a quality profile means for the encoder. */
import { type CodecId, codecNamed, type QualityProfile } from "../../proto/codec.ts";
import { SAMPLES_PER_MS } from "./sound_format.ts";

/** One setting of the Opus encoder; `codec` is what packets are marked with. */
export interface Tier {
  readonly codec: CodecId;
  /** Bits per second. */
  readonly bitrate: number;
  readonly frameMs: number;
  /** Per frame. */
  readonly samples: number;
}

export const DEFAULT_TIER: Tier = opusTier("Opus24k");

/**
 * The tier for a profile. There is no Codec2 here, so its profiles become the leanest Opus: 6 kbit/s instead of
 * 1.2 or 3.2, which every receiver can decode.
 */
export function tierOf(profile: Pick<QualityProfile, "codec">): Tier {
  return opusTier(profile.codec.startsWith("Opus") ? profile.codec : "Opus6k");
}

function opusTier(codec: CodecId): Tier {
  const { bitrate, frameMs } = codecNamed(codec);
  return { codec, bitrate, frameMs, samples: frameMs * SAMPLES_PER_MS };
}
