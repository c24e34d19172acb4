/** What other relays say for the parties of calls that are there. */
import type { HangupReason, SignalOf } from "../../proto/signal/mod.ts";
import type { CallNews, LocalCalls, RemoteCalls } from "../ports/remote_calls.ts";
import { RemoteLine } from "./remote_line.ts";
import type { Lines } from "./signal_line.ts";
import type { Switchboard } from "./switchboard.ts";

export interface RemotePartiesOptions {
  readonly switchboard: Switchboard;
  readonly lines: Lines;
  readonly remote: () => RemoteCalls | null;
}

export class RemoteParties implements LocalCalls {
  readonly #options: RemotePartiesOptions;

  constructor(options: RemotePartiesOptions) {
    this.#options = options;
  }

  isRegistered(fingerprint: string): boolean {
    return this.#options.lines.find(fingerprint) !== null;
  }

  has(callId: string): boolean {
    return this.#options.switchboard.registry.find(callId) !== null;
  }

  offered(offer: SignalOf<"DirectCallOffer">): HangupReason | null {
    const { remote, switchboard } = this.#options;
    const ways = remote();
    if (ways === null) throw new TypeError("Offers from other relays need ways to them");
    const caller = new RemoteLine(ways, offer.call_id, offer.caller_fingerprint);
    return switchboard.offered(caller, offer);
  }

  heard(callId: string, news: CallNews): void {
    const { switchboard } = this.#options;
    const call = switchboard.registry.find(callId);
    if (call === null) return;
    if (news.type === "CallParties") return switchboard.crossings.heard(call, news);
    if (call.remote === null) {
      // The party has left the relay it came from, which is no reason to end the call that goes on here.
      if (news.type === "Hangup") call.settle();
      return;
    }
    const line = call.lineOf(call.remote);
    if (!(line instanceof RemoteLine)) return;
    switch (news.type) {
      case "CallRinging":
        if (call.remote === call.callee) switchboard.ringing(call);
        return;
      case "DirectCallAnswer":
        return switchboard.answer(line, { ...news, call_id: callId });
      case "MediaPathReport":
        return switchboard.report(line, { ...news, call_id: callId });
      case "Hangup": {
        // The relay of the callee takes it back as quickly as it would say that nobody is there.
        if (call.state === "pending" && news.reason === "Normal") return switchboard.lost(call);
        if (news.reason === "Timeout" && !call.isAnswered) return switchboard.expired(call);
        return switchboard.hangUp(line, { ...news, call_id: callId });
      }
    }
  }

  lost(callId: string): void {
    const { switchboard } = this.#options;
    const call = switchboard.registry.find(callId);
    if (call !== null) switchboard.lost(call);
  }
}
