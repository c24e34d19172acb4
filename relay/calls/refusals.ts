/** Why there is no call, and what its caller is told. */
import type { HangupReason } from "../../proto/signal/mod.ts";
import type { OfferRefusal } from "./call_registry.ts";

export type Refusal = OfferRefusal | "draining" | "wrong_caller" | "offline";

export const HANGUP_REASONS: Readonly<Record<Refusal, HangupReason>> = {
  offline: "Normal",
  busy: "Busy",
  too_many_calls: "Busy",
  draining: "Error",
  wrong_caller: "Error",
  call_id_invalid: "Error",
  call_id_in_use: "Error",
  to_oneself: "Error",
};
