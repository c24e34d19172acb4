/** Whether an offer of another relay may become a call, and where it goes on. */
import { callRoomName } from "../../proto/room_name.ts";
import type { HangupReason, SignalOf } from "../../proto/signal/mod.ts";
import type { LocalCalls } from "../../relay/ports/remote_calls.ts";
import type { Link } from "../link.ts";
import type { CallMesh } from "./call_mesh.ts";
import type { CallWays } from "./call_ways.ts";
import type { Envelope } from "./envelope.ts";
import { isFingerprint, type RouteSearch } from "./route_search.ts";

/** Why an offer goes no further, and what its caller is told. */
export const OFFER_REFUSALS = {
  malformed: "Error",
  wrong_caller: "Error",
  call_id_in_use: "Error",
  too_many_calls: "Busy",
  unreachable: "Normal",
  hop_limit: "Normal",
} as const satisfies Record<string, HangupReason>;

type OfferRefusal = keyof typeof OFFER_REFUSALS;

export interface OfferJudgeOptions {
  readonly local: LocalCalls;
  readonly mesh: CallMesh;
  readonly ways: CallWays;
  readonly search: RouteSearch;
}

export class OfferJudge {
  readonly #options: OfferJudgeOptions;

  constructor(options: OfferJudgeOptions) {
    this.#options = options;
  }

  /** What is wrong with an offer whatever its callee is. */
  refusal(
    link: Link,
    { origin, path }: Envelope,
    offer: SignalOf<"DirectCallOffer">,
  ): OfferRefusal | null {
    const { local, mesh, ways } = this.#options;
    const { call_id: id, caller_fingerprint: caller, target_fingerprint: callee } = offer;
    if (!isFingerprint(caller) || !isFingerprint(callee) || callRoomName(id) === null) {
      return "malformed";
    }
    if (ways.get(id) !== null || local.has(id)) return "call_id_in_use";
    if (!ways.hasRoom(link.relay, path.at(-2) ?? null)) return "too_many_calls";
    // A relay speaks for its own clients alone: neither for those of this one nor for those another one has announced.
    if (local.isRegistered(caller)) return "wrong_caller";
    const homes = mesh.relaysOf(caller);
    return homes.length === 0 || homes.includes(origin) ? null : "wrong_caller";
  }

  /** The neighbour that is nearer to the callee; null when there is none but those it has been at. */
  next(callee: string, link: Link, { target, path }: Envelope): Link | null {
    const { mesh, search } = this.#options;
    const relay = target ?? mesh.relaysOf(callee)[0] ?? null;
    const next = relay === null ? search.remembered(callee)?.link ?? null : mesh.nextHop(relay);
    if (next === null || next === link || next.legacy || path.includes(next.relay)) return null;
    return next;
  }
}
