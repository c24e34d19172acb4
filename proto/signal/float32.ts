/** Single-precision numbers as the protocol prints them: the fewest digits that name the same value. */

/**
 * The number whose ordinary text is the shortest for the nearest single-precision value, so 0.2 for
 * both 0.2 and `Math.fround(0.2)`. Infinite when out of range; never -0.
 */
export function shortestFloat32(value: number): number {
  const target = Math.fround(value);
  if (!Number.isFinite(target)) return target;
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(target.toPrecision(digits));
    if (Math.fround(candidate) === target) return candidate;
  }
  return Number(target.toPrecision(9));
}
