/** A party of a call that is at another relay: what it is told goes there, and what it says comes from there. */
import type { KnownSignal } from "../../proto/signal/mod.ts";
import type { RemoteCalls } from "../ports/remote_calls.ts";
import type { Line } from "./signal_line.ts";

export class RemoteLine implements Line {
  /** Stands in the log where a connection would. */
  readonly id = "federation";
  readonly fingerprint: string;
  readonly #remote: RemoteCalls;
  readonly #callId: string;

  constructor(remote: RemoteCalls, callId: string, fingerprint: string) {
    this.#remote = remote;
    this.#callId = callId;
    this.fingerprint = fingerprint;
  }

  /** The same way to the other party. */
  to(fingerprint: string): RemoteLine {
    return new RemoteLine(this.#remote, this.#callId, fingerprint);
  }

  send(message: KnownSignal): boolean {
    switch (message.type) {
      case "CallParties":
      case "CallRinging":
      case "DirectCallAnswer":
      case "Hangup":
      case "MediaPathReport":
        return this.#remote.tell(this.#callId, message);
      case "CallSetup":
        // Each relay makes its own for its own party, from the offer and the answer.
        return true;
      default:
        return false;
    }
  }
}
