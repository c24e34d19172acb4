/** What was received, what of it was forwarded, and why the rest was not. */
import { DROP_REASONS, type DropReason } from "./drops.ts";

export class Totals {
  packetsIn = 0;
  bytesIn = 0;
  packetsForwarded = 0;
  bytesForwarded = 0;
  readonly drops = Object.fromEntries(
    DROP_REASONS.map((reason) => [reason, 0]),
  ) as Record<DropReason, number>;

  /** For `return totals.drop(...)`. */
  drop(reason: DropReason): null {
    this.drops[reason] += 1;
    return null;
  }
}
