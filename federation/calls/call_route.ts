/** Over which relays an accepted call goes, as others may know it. */
import type { RelayKey } from "../link.ts";
import type { Way } from "./call_ways.ts";

export interface CallRoute {
  readonly callId: string;
  /** Fingerprints of the parties; null where only the way is known. */
  readonly caller: string | null;
  readonly callee: string | null;
  /** The neighbours it goes over: one where a party is at this relay, two in between. */
  readonly neighbours: readonly RelayKey[];
  /** Which party is at this relay; null in between. */
  readonly here: "caller" | "callee" | null;
  /** The relay of the other party; null in between. */
  readonly peer: RelayKey | null;
}

export function routeOf(
  { id, caller, callee, origin, target, back, asked, calleeHere }: Way,
): CallRoute {
  const here = back === null ? "caller" : calleeHere ? "callee" : null;
  return {
    callId: id,
    caller,
    callee,
    neighbours: back === null ? asked : [back, ...asked],
    here,
    peer: here === "caller" ? target : here === "callee" ? origin : null,
  };
}
