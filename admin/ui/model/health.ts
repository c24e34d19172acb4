/** How good a path is, in three words that need no colour. */

export type Health = "good" | "fair" | "poor" | "unknown";

export interface Path {
  readonly rttMs: number | null;
  readonly lossPct: number | null;
}

/** One way of 150 ms is where people begin to talk into each other; loss above 5 % is heard whatever hides it. */
const FAIR = { rttMs: 150, lossPct: 1 };
const POOR = { rttMs: 300, lossPct: 5 };

/** Nothing measured: unknown. */
export function healthOf({ rttMs, lossPct }: Path): Health {
  if (rttMs === null && lossPct === null) return "unknown";
  const reaches = (limit: typeof FAIR) =>
    (rttMs ?? 0) >= limit.rttMs || (lossPct ?? 0) >= limit.lossPct;
  return reaches(POOR) ? "poor" : reaches(FAIR) ? "fair" : "good";
}
