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
  /** A neighbour beside the way at which the parties meet; none by default. */
  readonly aside?: RelayKey | null;
  /**
   * The parties were told to meet at a relay that is at neither end. One that goes to its own relay all the same is
   * heard over the whole way then, and not over links of the two ends alone.
   */
  readonly meetsElsewhere?: boolean;
}

/** The part of a call's way that is left, or was ever there, at a relay where its parties meet. */
export function routeAside(callId: string, neighbour: RelayKey): CallRoute {
  const nobody = { caller: null, callee: null, here: null, peer: null };
  return { callId, ...nobody, neighbours: [neighbour], meetsElsewhere: true };
}

export function routeOf(
  { id, caller, callee, origin, target, back, asked, calleeHere, meetsElsewhere }: Way,
  aside: RelayKey | null = null,
): CallRoute {
  const here = back === null ? "caller" : calleeHere ? "callee" : null;
  return {
    callId: id,
    caller,
    callee,
    neighbours: back === null ? asked : [back, ...asked],
    here,
    aside,
    meetsElsewhere,
    peer: here === "caller" ? target : here === "callee" ? origin : null,
  };
}
