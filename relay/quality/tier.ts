/** The quality tiers of a path: their order, the profile each stands for, and the table that classifies a report. */
import { PROFILES, type QualityProfile } from "../../proto/codec.ts";

/** From worst to best, so tiers compare as numbers. */
export const CATASTROPHIC = 0;
export const DEGRADED = 1;
export const GOOD = 2;
export const STUDIO_32K = 3;
export const STUDIO_48K = 4;
export const STUDIO_64K = 5;

export type Tier = 0 | 1 | 2 | 3 | 4 | 5;

/** Tier names as they stand in reasons of directives and in the log; the index is the tier. */
export const TIER_NAMES = [
  "Catastrophic",
  "Degraded",
  "Good",
  "Studio32k",
  "Studio48k",
  "Studio64k",
] as const;

/** What senders are told to use; the index is the tier. */
export const TIER_PROFILES: readonly QualityProfile[] = [
  PROFILES.CATASTROPHIC,
  PROFILES.DEGRADED,
  PROFILES.GOOD,
  PROFILES.STUDIO_32K,
  PROFILES.STUDIO_48K,
  PROFILES.STUDIO_64K,
];

/** The tier a single report speaks for. */
export function classify(lossPercent: number, rttMs: number): Tier {
  if (lossPercent >= 15 || rttMs >= 200) return CATASTROPHIC;
  if (lossPercent >= 5 || rttMs >= 100) return DEGRADED;
  if (lossPercent >= 2 || rttMs >= 80) return GOOD;
  if (lossPercent >= 1 || rttMs >= 50) return STUDIO_32K;
  if (rttMs >= 30) return STUDIO_48K;
  return STUDIO_64K;
}

/** The next better tier, or null at the top. */
export function above(tier: Tier): Tier | null {
  return tier === STUDIO_64K ? null : (tier + 1) as Tier;
}
