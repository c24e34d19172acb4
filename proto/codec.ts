/** The codecs a media packet can carry, and the named quality profiles built on them. */

/** Codec names as they stand in signals, logs and metrics; the index is the wire id. */
export const CODEC_IDS = [
  "Opus24k",
  "Opus16k",
  "Opus6k",
  "Codec2_3200",
  "Codec2_1200",
  "ComfortNoise",
  "Opus32k",
  "Opus48k",
  "Opus64k",
] as const;

export type CodecId = typeof CODEC_IDS[number];

export interface Codec {
  readonly name: CodecId;
  /** The 4-bit number in the media header. */
  readonly wireId: number;
  /** Nominal bits per second; 0 for comfort noise. */
  readonly bitrate: number;
  readonly frameMs: number;
  /** Hz. */
  readonly sampleRate: number;
}

/** Every codec; the index is the wire id. Wire ids 9 to 15 are malformed. */
export const CODECS: readonly Codec[] = [
  { name: "Opus24k", wireId: 0, bitrate: 24_000, frameMs: 20, sampleRate: 48_000 },
  { name: "Opus16k", wireId: 1, bitrate: 16_000, frameMs: 20, sampleRate: 48_000 },
  { name: "Opus6k", wireId: 2, bitrate: 6_000, frameMs: 40, sampleRate: 48_000 },
  { name: "Codec2_3200", wireId: 3, bitrate: 3_200, frameMs: 20, sampleRate: 8_000 },
  { name: "Codec2_1200", wireId: 4, bitrate: 1_200, frameMs: 40, sampleRate: 8_000 },
  { name: "ComfortNoise", wireId: 5, bitrate: 0, frameMs: 20, sampleRate: 48_000 },
  { name: "Opus32k", wireId: 6, bitrate: 32_000, frameMs: 20, sampleRate: 48_000 },
  { name: "Opus48k", wireId: 7, bitrate: 48_000, frameMs: 20, sampleRate: 48_000 },
  { name: "Opus64k", wireId: 8, bitrate: 64_000, frameMs: 20, sampleRate: 48_000 },
];

const byName = new Map<string, Codec>(CODECS.map((codec) => [codec.name, codec]));

/** The codec of that exact name (case matters), or undefined. */
export function codecNamed(name: CodecId): Codec;
export function codecNamed(name: string): Codec | undefined;
export function codecNamed(name: string): Codec | undefined {
  return byName.get(name);
}

/** What a sender encodes with; the field names are those of the signal JSON. */
export interface QualityProfile {
  readonly codec: CodecId;
  /** Repair packets per source packet. */
  readonly fec_ratio: number;
  readonly frame_duration_ms: number;
  readonly frames_per_block: number;
}

export type ProfileName =
  | "GOOD"
  | "DEGRADED"
  | "CATASTROPHIC"
  | "STUDIO_32K"
  | "STUDIO_48K"
  | "STUDIO_64K";

/** The profiles relays and clients agree on by name. */
export const PROFILES: Readonly<Record<ProfileName, QualityProfile>> = {
  GOOD: profile("Opus24k", 0.2, 20, 5),
  DEGRADED: profile("Opus6k", 0.5, 40, 10),
  CATASTROPHIC: profile("Codec2_1200", 1.0, 40, 8),
  STUDIO_32K: profile("Opus32k", 0.1, 20, 5),
  STUDIO_48K: profile("Opus48k", 0.1, 20, 5),
  STUDIO_64K: profile("Opus64k", 0.1, 20, 5),
};

function profile(
  codec: CodecId,
  fecRatio: number,
  frameMs: number,
  framesPerBlock: number,
): QualityProfile {
  return Object.freeze({
    codec,
    fec_ratio: fecRatio,
    frame_duration_ms: frameMs,
    frames_per_block: framesPerBlock,
  });
}
