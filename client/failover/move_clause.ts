/** Why a session moved, in words. */
import type { MoveReason } from "./failover_events.ts";
import type { BetterRelay } from "./relay_advisor.ts";

const REASONS: Readonly<Record<MoveReason, string>> = {
  silent: "nothing was heard of the other one any more",
  closed: "the connection to the other one ended",
  draining: "the other one stops",
  degraded: "the path to the other one was poor",
  better: "it serves better",
};

/** A clause for people. Whoever advised the move says why. */
export function moveClause(reason: MoveReason, better: BetterRelay | null, to: string): string {
  return reason === "better" && better?.addr === to ? better.reason : REASONS[reason];
}
