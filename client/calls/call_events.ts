/** What applications are told of direct calls. */
import type { Move, Voice } from "../voice.ts";
import type { Call, CallEnd, PhoneEvent } from "./phone.ts";
import type { SignalEvent } from "./signal_session.ts";

/** What carries the media of a call. */
export type MediaPath = "relay" | "direct";

export type CallClientEvent =
  | Exclude<PhoneEvent, { readonly type: "setup" | "path" | "ended" }>
  /** Sound goes both ways from now on. */
  | {
    readonly type: "media";
    readonly call: Call;
    readonly path: MediaPath;
    readonly voice: Voice;
  }
  /** Another relay carries the sound from now on; without a call, we are registered there. */
  | { readonly type: "moved"; readonly call: Call | null; readonly move: Move }
  /** The last one of a call. */
  | {
    readonly type: "ended";
    readonly call: Call;
    readonly end: CallEnd;
    /** Closed by now; null when it never came to that. */
    readonly voice: Voice | null;
    /** What went wrong with the media, if that ended the call. */
    readonly problem: string | null;
  }
  | Exclude<SignalEvent, { readonly type: "call" }>;
