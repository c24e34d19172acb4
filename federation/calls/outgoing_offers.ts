/**
 * Offers of this relay's own clients: to the relay the directory names, else to where a search finds the callee, else
 * to all neighbours of the original kind. A directory may be a moment old: a relay that has the callee no more is a
 * reason to look again.
 */
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { Link, RelayKey } from "../link.ts";
import type { CallLinks, CallMesh } from "./call_mesh.ts";
import type { CallWays, Way } from "./call_ways.ts";
import { type Envelope, newEnvelope } from "./envelope.ts";
import type { RouteSearch } from "./route_search.ts";

/** How long to wait before each further look: at once, and when all directories must have heard of a move. */
const AGAIN_MS: readonly number[] = [0, 400];

type Offer = SignalOf<"DirectCallOffer">;

export interface OutgoingOffersOptions {
  readonly clock: Clock;
  readonly own: RelayKey;
  readonly mesh: CallMesh;
  readonly links: CallLinks;
  readonly ways: CallWays;
  readonly search: RouteSearch;
  /** Sends the offer on its way. */
  readonly ask: (way: Way, links: readonly Link[], envelope: Envelope) => void;
  /** It has gone to originals, which do not say that it rings. */
  readonly askedOriginals: (way: Way) => void;
  /** Nobody has the callee. */
  readonly nowhere: (way: Way) => void;
}

export class OutgoingOffers {
  readonly #options: OutgoingOffersOptions;
  /** Of ways on which nothing rings yet; how often they have been sent again. */
  readonly #open = new Map<Way, { readonly offer: Offer; again: number; timer: Timer | null }>();

  constructor(options: OutgoingOffersOptions) {
    this.#options = options;
  }

  /** What becomes of it may be known before this returns. */
  begin(way: Way, offer: Offer): void {
    const { ask, mesh, own } = this.#options;
    this.#open.set(way, { offer, again: 0, timer: null });
    const target = mesh.relaysOf(offer.target_fingerprint)[0];
    const next = target === undefined ? null : mesh.nextHop(target);
    if (target !== undefined && next !== null) ask(way, [next], newEnvelope(offer, own, target));
    else this.#find(way, offer);
  }

  /** It rings, or its way is closed: nothing is looked for any more. */
  forget(way: Way): void {
    this.#open.get(way)?.timer?.cancel();
    this.#open.delete(way);
  }

  /** Ends its timers. */
  stop(): void {
    for (const way of [...this.#open.keys()]) this.forget(way);
  }

  /** The relay that was asked does not have the callee; whether it is looked for again. */
  absent(way: Way): boolean {
    const { clock, search } = this.#options;
    const sent = this.#open.get(way);
    const wait = sent === undefined ? undefined : AGAIN_MS[sent.again];
    if (sent === undefined || wait === undefined) return false;
    sent.again += 1;
    way.state = "searching";
    way.asked = [];
    way.target = null;
    search.forget(sent.offer.target_fingerprint);
    sent.timer = clock.after(wait, () => this.#find(way, sent.offer));
    return true;
  }

  #find(way: Way, offer: Offer): void {
    const { ask, askedOriginals, links, nowhere, own, search, ways } = this.#options;
    search.find(offer.target_fingerprint, (found) => {
      // The caller may have given up meanwhile.
      if (ways.get(way.id) !== way) return;
      if (found !== null) return ask(way, [found.link], newEnvelope(offer, own, null));
      this.forget(way);
      const originals = [...links.links()].filter(({ legacy }) => legacy);
      if (originals.length === 0) return nowhere(way);
      ask(way, originals, newEnvelope(offer, own, null));
      askedOriginals(way);
    });
  }
}
