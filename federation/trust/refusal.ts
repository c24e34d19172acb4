/** Why a connection with another relay came to nothing. The words are metric labels, log fields and close reasons. */
import type { Signal } from "../../proto/signal/mod.ts";
import type { Counters } from "../../relay/ports/counters.ts";

export type Refusal = Counters["federationRefusals"]["values"][number];

export interface Refused {
  readonly refusal: Refusal;
  /** For the log; the other side gets the refusal alone. */
  readonly detail: string;
}

/** The variant of a message, for the log. */
export function nameOf(message: Signal): string {
  return message.type === "unknown" ? message.variant : message.type;
}
