/** What others can watch of direct calls: event log, live feeds and the API. */

/**
 * `pending`: offered, the callee not told yet. `ringing`: the callee has the offer. `active`: accepted and set up.
 */
export type CallState = "pending" | "ringing" | "active" | "ended";

/** How a call ended. */
export type CallOutcome =
  /** Hung up after it had been accepted. */
  | "completed"
  /** The caller hung up before an answer. */
  | "cancelled"
  /** The callee refused it, by answer or by hanging up. */
  | "rejected"
  /** Nobody answered in time. */
  | "timeout"
  /** A party's last connection ended. */
  | "disconnected"
  /** A party could not be told: the callee of the offer, or one of them that it was accepted. */
  | "undelivered";

/** A call as observers see it: the same object from offer to end. */
export interface CallView {
  readonly id: string;
  /** Fingerprints. */
  readonly caller: string;
  readonly callee: string;
  readonly state: CallState;
  /** Null until it ended. */
  readonly outcome: CallOutcome | null;
  /** Clock times in ms; `acceptedAt` is null until then. */
  readonly offeredAt: number;
  readonly acceptedAt: number | null;
}

export interface CallObserver {
  /** After every change of state. Must not throw or wait. */
  changed(call: CallView): void;
}
