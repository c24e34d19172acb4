/** Who may say what about a call, and when. */
import type { CallNews } from "../../relay/ports/remote_calls.ts";
import type { RelayKey } from "../link.ts";
import type { Way } from "./call_ways.ts";
import type { Envelope } from "./envelope.ts";
import type { Side } from "./way_sender.ts";

/** The side of a way that a neighbour stands for; null when the way does not go over it. */
export function sideOf({ back, asked }: Way, relay: RelayKey): Side | null {
  if (back === relay) return "caller";
  return asked.includes(relay) ? "callee" : null;
}

/** Whether it is said at its time, and by the right side. */
export function fits({ state }: Way, from: Side, { type }: CallNews): boolean {
  switch (type) {
    case "Hangup":
      return true;
    case "MediaPathReport":
    case "CallParties":
      return state === "active";
    case "DirectCallAnswer":
      return state === "asked" && from === "callee";
    case "CallRinging":
      // While the call is active it confirms another way of it.
      return from === "callee";
  }
}

/** Whether the callee does not take the call. */
export function isRejection(news: CallNews): boolean {
  return news.type === "DirectCallAnswer" && news.accept_mode === "Reject";
}

/** Whether its relay takes the call for one that goes on, and so is to know when it is over. */
export function goesOn(news: CallNews): boolean {
  return news.type === "DirectCallAnswer" || (news.type === "CallParties" && news.asks);
}

/** Any relay on the way may end a call; all else is said by the relays of the parties. */
export function speaksFor(way: Way, from: Side, { origin }: Envelope, news: CallNews): boolean {
  if (news.type === "Hangup") return true;
  const speaker = from === "caller" ? way.origin : way.target;
  return speaker === null || speaker === origin;
}
