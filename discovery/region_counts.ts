/** Relays by region as they are counted for operators: regions are what relays say, so those that are told are bounded. */

export const MAX_REGIONS = 100;
/** All but the largest, together. */
export const OTHER_REGIONS = "(others)";

/** The same for the same counts, whatever their order. */
export function largestRegions(
  counts: Iterable<readonly [region: string, relays: number]>,
): Readonly<Record<string, number>> {
  const largest = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const others = largest.splice(MAX_REGIONS).reduce((sum, [, count]) => sum + count, 0);
  const told = new Map(largest);
  if (others > 0) told.set(OTHER_REGIONS, (told.get(OTHER_REGIONS) ?? 0) + others);
  return Object.fromEntries(told);
}
