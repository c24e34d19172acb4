/** Counts signals as they come, so that every connection counts them alike. */
import { WireError } from "../../proto/errors.ts";
import type { Signal } from "../../proto/signal/mod.ts";
import type { Counters } from "./counters.ts";

/** One came, or one that cannot be read. */
export function countReceived(
  counters: Pick<Counters, "signalsReceived" | "signalsInvalid">,
  message: Signal | WireError,
): void {
  if (message instanceof WireError) return counters.signalsInvalid.add(message.code);
  counters.signalsReceived += 1;
  if (message.type === "unknown") counters.signalsInvalid.add("unknown_variant");
}
