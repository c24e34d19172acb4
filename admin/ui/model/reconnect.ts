/** How long to wait before trying again. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** Doubles with each failure in a row; `random` in [0, 1) keeps many pages from coming back at once. */
export function waitMs(failures: number, random: number): number {
  const base = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(base * (0.75 + random / 4));
}
