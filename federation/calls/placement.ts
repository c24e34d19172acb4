/**
 * At which relay the two parties of a call should meet, from the round trips their clients have measured. Decided by the
 * relay of the callee alone; the other one is told.
 */
import type { RelayRtts } from "../../proto/relay_rtts.ts";

/** Less than this is not worth leaving the usual rule, by which each party meets the other from its own relay. */
export const WORTHWHILE_MS = 5;

export interface PlacementQuestion {
  readonly caller: RelayRtts;
  readonly callee: RelayRtts;
  /** Addresses of the parties' relays. */
  readonly callersRelay: string | null;
  readonly calleesRelay: string;
  /** Those of the two, and of further relays, at which both could meet. */
  readonly usable: Iterable<string>;
  /** Round trip between the relays of the parties, as the mesh has measured it; null when it has not. */
  readonly betweenMs: number | null;
}

/** The relay with the lowest sum of both round trips; null when the usual rule does about as well. */
export function meetingPlace(question: PlacementQuestion): string | null {
  const { callersRelay, calleesRelay, usable } = question;
  let best: { readonly address: string; readonly sum: number; readonly rank: number } | null = null;
  for (const address of usable) {
    const sum = sumOf(question, address);
    if (sum === null) continue;
    // Of equal ones that for which least has to be arranged.
    const rank = address === calleesRelay ? 0 : address === callersRelay ? 1 : 2;
    const found = { address, sum, rank };
    if (best === null || isBefore(found, best)) best = found;
  }
  if (best === null) return null;
  const usual = usualMs(question);
  return usual !== null && usual - best.sum < WORTHWHILE_MS ? null : best.address;
}

type Candidate = { readonly address: string; readonly sum: number; readonly rank: number };

function isBefore(one: Candidate, other: Candidate): boolean {
  if (one.sum !== other.sum) return one.sum < other.sum;
  if (one.rank !== other.rank) return one.rank < other.rank;
  return one.address < other.address;
}

/** Null unless both sides have measured it. */
function sumOf({ caller, callee }: PlacementQuestion, address: string): number | null {
  const [one, other] = [caller.get(address), callee.get(address)];
  return one === undefined || other === undefined ? null : one + other;
}

/**
 * From one party to the other over both their relays; null when a party has not measured its own. What lies between the
 * relays is at least what the clients' figures for both of them imply: the way over one's own relay cannot be the
 * shorter one by more than that.
 */
function usualMs(
  { caller, callee, callersRelay, calleesRelay, betweenMs }: PlacementQuestion,
): number | null {
  const here = callee.get(calleesRelay);
  const there = callersRelay === null ? undefined : caller.get(callersRelay);
  if (callersRelay === null || here === undefined || there === undefined) return null;
  const apart = (rtts: RelayRtts) =>
    Math.abs(
      (rtts.get(callersRelay) ?? NaN) - (rtts.get(calleesRelay) ?? NaN),
    ) || 0;
  return there + Math.max(betweenMs ?? 0, apart(caller), apart(callee)) + here;
}
