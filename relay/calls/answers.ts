/** Acceptances of calls as they are passed on: without what the other side is not to know. */
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { MeetingPlace } from "../ports/remote_calls.ts";
import type { Call } from "./call.ts";

type Answer = SignalOf<"DirectCallAnswer">;

/** What the caller's side is told: for its relay where to meet, for its client nothing of that. */
export function placed(answer: Answer, call: Call, place: MeetingPlace | null): Answer {
  if (answer.ext === null) return answer;
  const relay = call.remote === call.caller ? place?.addr ?? null : null;
  return { ...answer, ext: { ...answer.ext, relay } };
}

/** A callee that accepts without trust tells no addresses, whatever its client wrote. */
export function withoutAddresses(answer: Answer): Answer {
  return { ...answer, callee_reflexive_addr: null, callee_local_addrs: [] };
}
