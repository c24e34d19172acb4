/** Sends call signals along the way of a call, and says no to those who began one that cannot be. */
import type { HangupReason, KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import type { Link, RelayKey } from "../link.ts";
import type { CallLinks } from "./call_mesh.ts";
import type { Way } from "./call_ways.ts";
import { type Envelope, newEnvelope, passedOn, sealEnvelope } from "./envelope.ts";

/** The party in whose direction a signal goes, or from whose it comes. */
export type Side = "caller" | "callee";

/** Where a relay stands on a way. */
type WayPlace = Pick<Way, "back" | "asked" | "id">;

export class WaySender {
  readonly #own: RelayKey;
  readonly #links: CallLinks;

  constructor(own: RelayKey, links: CallLinks) {
    this.#own = own;
    this.#links = links;
  }

  /** Whether anybody was there to take it, or will be when the way is mended and it is said again. */
  send(way: WayPlace, to: Side, envelope: Envelope): boolean {
    const links = this.#linksOf(way, to);
    if (envelope.inner.type === "CallParties") {
      if (links.some((link) => !link.can("parties"))) return false;
      for (const link of links) link.send(sealEnvelope(envelope, link));
      return true;
    }
    for (const link of links) {
      // Originals do not listen to a Hangup of another relay; a rejection they tell their caller.
      if (link.legacy && to === "caller" && envelope.inner.type === "Hangup") {
        link.send(sealEnvelope(newEnvelope(rejection(way.id), this.#own, null), link));
      }
      link.send(sealEnvelope(envelope, link));
    }
    return links.length > 0;
  }

  /** The same for a signal that begins here. */
  begin(way: Way, to: Side, signal: KnownSignal): boolean {
    const target = to === "caller" ? way.origin : way.target;
    return this.send(way, to, newEnvelope(signal, this.#own, target));
  }

  /** Tells a neighbour that the call it began, or went on with, is none. */
  refuse(link: Link, call_id: string, reason: HangupReason): void {
    const hangup = { type: "Hangup", reason, call_id } as const;
    const way = { id: call_id, back: link.relay, asked: [] };
    this.send(way, "caller", newEnvelope(hangup, this.#own, null));
  }

  /** One of several that were asked has spoken, so that the others need not ring any longer. */
  withdraw(way: Way, spoke: RelayKey): void {
    const others = way.asked.filter((relay) => relay !== spoke);
    if (others.length > 0) this.begin({ ...way, asked: others }, "callee", hangupOf(way));
  }

  /** What came over a link, one relay further. What comes from an original begins its way among ours here. */
  further(link: Link, envelope: Envelope, inner: KnownSignal): Envelope | null {
    if (link.legacy) return newEnvelope(inner, this.#own, null);
    return passedOn({ ...envelope, inner }, this.#own);
  }

  /** Those that are up. */
  #linksOf({ asked, back }: WayPlace, to: Side): Link[] {
    const relays = to === "callee" ? asked : back === null ? [] : [back];
    return relays.map((relay) => this.#links.find(relay)).filter((link) => link !== null);
  }
}

/** Ends a call without anybody's fault. */
export function hangupOf({ id }: Way): SignalOf<"Hangup"> {
  return { type: "Hangup", reason: "Normal", call_id: id };
}

function rejection(call_id: string): SignalOf<"DirectCallAnswer"> {
  return {
    type: "DirectCallAnswer",
    call_id,
    accept_mode: "Reject",
    identity_pub: null,
    ephemeral_pub: null,
    signature: null,
    chosen_profile: null,
    callee_reflexive_addr: null,
    callee_local_addrs: [],
    callee_build_version: null,
    ext: null,
  };
}
