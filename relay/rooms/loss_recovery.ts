/** The frames a session rebuilt or filled, as it tells in LossRecoveryUpdate, as metrics of their own. */
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Cell, Counters } from "../ports/counters.ts";

/**
 * Clients send totals. A total below an earlier one (of a decoder that began anew, or out of order) changes
 * nothing, so that the counters never go back.
 */
export class LossRecovery {
  readonly #counters: Counters;
  readonly #session: string;
  // Made by the first update: most sessions never send one.
  #cells: { readonly dred: Cell; readonly plc: Cell } | null = null;

  constructor(counters: Counters, session: string) {
    this.#counters = counters;
    this.#session = session;
  }

  update(message: SignalOf<"LossRecoveryUpdate">): void {
    const cells = this.#cells ??= {
      dred: this.#counters.sessionDredReconstructions.child(this.#session),
      plc: this.#counters.sessionClassicalPlc.child(this.#session),
    };
    cells.dred.value = Math.max(cells.dred.value, message.dred_reconstructions);
    cells.plc.value = Math.max(cells.plc.value, message.classical_plc_invocations);
  }
}

/** Forgets everything that is counted per session for one that has ended. */
export function forgetSession(counters: Counters, session: string): void {
  for (
    const family of [
      counters.sessionJitterBufferDepth,
      counters.sessionLoss,
      counters.sessionRtt,
      counters.sessionUnderruns,
      counters.sessionOverruns,
      counters.sessionDredReconstructions,
      counters.sessionClassicalPlc,
    ]
  ) family.remove(session);
}
