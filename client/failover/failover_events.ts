/** What failover is told, and what it decides. */
import type { PathQuality } from "../../proto/quality_report.ts";

/** Why a session moves. */
export type MoveReason = "silent" | "closed" | "draining" | "degraded" | "better";

/** Sessions have numbers; that of the first one is 0. */
export type FailoverEvent =
  /** Every 500 ms of every open session: measurements in a row without a sign, and how the path is. */
  | {
    readonly type: "measured";
    readonly id: number;
    readonly silent: number;
    readonly quality: PathQuality | null;
  }
  | { readonly type: "draining"; readonly id: number }
  /** Lost by an error, or ended by the relay on purpose. */
  | { readonly type: "closed"; readonly id: number; readonly how: "lost" | "ended" }
  | { readonly type: "joined"; readonly id: number }
  /** It has told who else is there, or their sound was heard. */
  | { readonly type: "ready"; readonly id: number }
  /** It could not be joined. */
  | { readonly type: "failed"; readonly id: number }
  /** Time has passed, or the outlook has changed. */
  | { readonly type: "look" };

/** What can be known at an event. */
export interface Outlook {
  readonly now: number;
  /** Where the session may go, best first. */
  readonly alternatives: readonly string[];
  /** The one that should be used instead of the present relay; counts where it is an alternative. */
  readonly better: string | null;
}

export type Decision =
  | { readonly do: "join"; readonly id: number; readonly addr: string }
  /** It sends from now on, and is the present one. */
  | { readonly do: "use"; readonly id: number; readonly reason: MoveReason }
  /** Hang up and close, or stop dialling. */
  | { readonly do: "leave"; readonly id: number }
  /** It is dead: close without a word. */
  | { readonly do: "drop"; readonly id: number }
  /** The session is over. */
  | { readonly do: "give up" };
