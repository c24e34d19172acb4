/** What a registry's list says of a relay, in words that need no colour. */
import type { RegisteredRelay, RegistryStats } from "./shapes.ts";

/** Relays beat every 30 seconds and are taken out after three that did not come. */
const BEAT_MS = 30_000;
/** A beat may come a little late. */
const SLACK_MS = 5_000;

export type Standing = "open" | "draining" | "full" | "late";

/** Why clients are not told of it, before anything else; `late` ones still are. */
export function standingOf(
  { draining, takesClients, ageMs }: Pick<RegisteredRelay, "draining" | "takesClients" | "ageMs">,
): Standing {
  if (draining) return "draining";
  if (!takesClients) return "full";
  return missedBeats(ageMs) > 0 ? "late" : "open";
}

export function missedBeats(ageMs: number): number {
  return Math.max(0, Math.floor((ageMs - SLACK_MS) / BEAT_MS));
}

/** Between 0 and 100; one that takes nobody at all is full. */
export function loadPct({ load, capacity }: Pick<RegisteredRelay, "load" | "capacity">): number {
  return capacity === 0 ? 100 : Math.min(100, load / capacity * 100);
}

/** The largest first. */
export function regionsOf(
  { relaysByRegion }: Pick<RegistryStats, "relaysByRegion">,
): readonly (readonly [region: string, relays: number])[] {
  return byCount(relaysByRegion);
}

/** What happened at all, the most frequent first. */
export function byCount(
  counts: Readonly<Record<string, number>>,
): readonly (readonly [name: string, count: number])[] {
  return Object.entries(counts).filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
