/**
 * Calls between people at different relays. An offer goes to the relay the directory names, hop by hop; everything
 * after it travels along the way that the offer took. Only relays that were asked may answer.
 */
import type { FederatedRooms } from "../../relay/ports/federation.ts";
import type { CallNews, LocalCalls, RemoteCalls } from "../../relay/ports/remote_calls.ts";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Counters } from "../../relay/ports/counters.ts";
import type { Log } from "../../relay/ports/log.ts";
import type { Link, LinkHandler, RelayKey } from "../link.ts";
import { Seldom } from "../links/seldom.ts";
import type { CallLinks, CallMesh } from "./call_mesh.ts";
import { CallWays, type Way } from "./call_ways.ts";
import { CallMeetings } from "./call_meetings.ts";
import type { CallRoute } from "./call_route.ts";
import { type CallRouteListener, CallRoutes } from "./call_routes.ts";
import { type Envelope, type EnvelopeFault, openEnvelope, sealEnvelope } from "./envelope.ts";
import { fits, goesOn, isRejection, sideOf, speaksFor } from "./news_rules.ts";
import { OFFER_REFUSALS, OfferJudge } from "./offer_judge.ts";
import { OutgoingOffers } from "./outgoing_offers.ts";
import { RouteSearch } from "./route_search.ts";
import { WayRepair } from "./way_repair.ts";
import { hangupOf, type Side, WaySender } from "./way_sender.ts";

/** How often a relay is named that offers calls for others' users. */
const SAY_AGAIN_MS = 60_000;
const MAX_SAID = 256;

export interface FederatedCallsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** This relay. */
  readonly own: RelayKey;
  /** Where others reach it. */
  readonly advertised: SocketAddress;
  readonly local: LocalCalls;
  readonly mesh: CallMesh;
  readonly links: CallLinks;
  /** As `FederationHost` has them. */
  readonly draining: () => boolean;
  readonly load: () => number;
  readonly mayVisit: (fingerprint: string) => boolean;
  readonly rooms: Pick<FederatedRooms, "participants">;
}

type Offer = SignalOf<"DirectCallOffer">;

export class FederatedCalls implements LinkHandler, RemoteCalls {
  readonly places: CallMeetings;
  readonly #options: FederatedCallsOptions;
  readonly #ways: CallWays;
  readonly #sender: WaySender;
  readonly #search: RouteSearch;
  readonly #outgoing: OutgoingOffers;
  readonly #judge: OfferJudge;
  readonly #repair: WayRepair;
  readonly #routes: CallRoutes;
  /** Relays that the log has named for offers that are not theirs. */
  readonly #said: Seldom;

  constructor(options: FederatedCallsOptions) {
    this.#options = options;
    const { clock, own, local, mesh, links } = options;
    this.#said = new Seldom(clock, SAY_AGAIN_MS, MAX_SAID);
    this.#sender = new WaySender(own, links);
    this.#ways = new CallWays(clock, (way) => {
      this.#closed(way);
      this.#tellLost(way);
    });
    this.#search = new RouteSearch({
      ...options,
      isHere: (fingerprint) => local.isRegistered(fingerprint),
    });
    this.#outgoing = new OutgoingOffers({
      ...options,
      ways: this.#ways,
      search: this.#search,
      ask: (way, links, envelope) => this.#ask(way, links, envelope),
      askedOriginals: ({ id }) => local.heard(id, { type: "CallRinging", call_id: id }),
      nowhere: (way) => {
        this.#close(way);
        local.lost(way.id);
      },
    });
    this.#judge = new OfferJudge({ local, mesh, ways: this.#ways, search: this.#search });
    this.#repair = new WayRepair({
      clock,
      own,
      mesh,
      links,
      ways: this.#ways,
      has: (callId) => local.has(callId),
      send: (link, envelope) => link.send(sealEnvelope(envelope, link)),
      changed: (way) => this.#changed(way),
      lost: (way) => this.#lost(way),
    });
    this.places = new CallMeetings({
      ...options,
      ways: this.#ways,
      has: (callId) => local.has(callId),
      changed: (callId) => this.#routes.changed(callId),
    });
    this.#routes = new CallRoutes({ own, ways: this.#ways, places: () => this.places });
  }

  /** Tells of all accepted calls from now on. Call the result to end that. */
  watch(listener: CallRouteListener): () => void {
    return this.#routes.watch(listener);
  }

  /** The way of an accepted call, or of one whose parties meet here or at a neighbour; else null. */
  route(callId: string): CallRoute | null {
    return this.#routes.find(callId);
  }

  /** The relays of the parties of an accepted call, other than this one. */
  relaysOf(callId: string): RelayKey[] {
    return this.#routes.relaysOf(callId);
  }

  /** Relays on the way to somebody as far as a search has found one, the next hop first; null when none did. */
  further(fingerprint: string): readonly string[] | null {
    return this.#search.remembered(fingerprint)?.chain ?? null;
  }

  /** Whether the message was one of those that belong here. */
  signal(link: Link, message: KnownSignal): boolean {
    switch (message.type) {
      case "FederatedSignalForward":
        this.#forwarded(link, message);
        return true;
      case "RouteQuery":
        this.#search.query(link, message);
        return true;
      case "RouteResponse":
        this.#search.response(link, message);
        return true;
      default:
        return this.places.signal(link, message);
    }
  }

  up(link: Link): void {
    this.#repair.suspect(link.relay);
    this.places.up(link);
  }

  renewed(link: Link): void {
    this.up(link);
  }

  down(link: Link): void {
    this.#search.down(link);
    for (const way of this.#ways.over(link.relay)) {
      // Among ours the relays of the parties look for another way; to an original there is none.
      const isBetween = way.back !== null && !way.calleeHere;
      if (way.state === "active" && !(link.legacy && isBetween)) continue;
      const others = way.asked.filter((relay) => relay !== link.relay);
      if (way.back !== link.relay && others.length > 0) way.asked = others;
      else this.#lost(way);
    }
    this.#repair.suspect(link.relay, true);
  }

  /** Ends its timers. */
  stop(): void {
    this.#outgoing.stop();
    this.places.stop();
    this.#repair.stop();
    this.#search.stop();
    this.#ways.stop();
  }

  canAsk(): boolean {
    for (const _ of this.#options.links.links()) return true;
    return false;
  }

  passes(callId: string): boolean {
    return this.#ways.get(callId) !== null;
  }

  offer(offer: Offer): void {
    const { call_id: id, caller_fingerprint: caller, target_fingerprint: callee } = offer;
    const { own } = this.#options;
    const way = this.#open({ id, caller, callee, origin: own, back: null, state: "searching" });
    this.#outgoing.begin(way, this.places.announced(offer));
  }

  tell(callId: string, news: CallNews): boolean {
    const way = this.#ways.get(callId);
    if (way === null || (way.back !== null && !way.calleeHere)) return false;
    const to: Side = way.calleeHere ? "caller" : "callee";
    if (news.type === "Hangup" || isRejection(news)) this.#close(way);
    else if (news.type === "DirectCallAnswer") this.#answered(way);
    return this.#sender.begin(way, to, news);
  }

  #forwarded(link: Link, message: SignalOf<"FederatedSignalForward">): void {
    const envelope = openEnvelope(message, link, this.#options.own);
    const { inner } = message;
    if (typeof envelope === "string") {
      this.#ignore(link, envelope);
      // Its relay waits for what becomes of it; one that comes back to where it began is nobody's.
      if (inner.type === "DirectCallOffer" && envelope !== "self_sourced") {
        this.#sender.refuse(link, inner.call_id, "Normal");
      }
      return;
    }
    switch (inner.type) {
      case "DirectCallOffer":
        return this.#offered(link, envelope, inner);
      case "CallRinging":
      case "DirectCallAnswer":
      case "Hangup":
      case "MediaPathReport":
      case "CallParties":
        return this.#news(link, envelope, inner);
      case "CallSetup":
        if (link.legacy) return this.#ignore(link, "not_expected");
        if (this.#repair.received(link, envelope, inner)) return;
        return this.#sender.refuse(link, inner.call_id, "Normal");
      default:
        return this.#ignore(link, "not_expected");
    }
  }

  #offered(link: Link, envelope: Envelope, offer: Offer): void {
    const { own, local, log, counters } = this.#options;
    const { call_id: id, caller_fingerprint: caller, target_fingerprint: callee } = offer;
    const isHere = envelope.target === own ||
      (envelope.target === null && local.isRegistered(callee));
    const next = isHere ? null : this.#judge.next(callee, link, envelope);
    // An original asks all its neighbours, and those that do not have the callee are silent.
    if (link.legacy && next === null && !local.isRegistered(callee)) return;
    const refusal = this.#judge.refusal(link, envelope, offer) ??
      (isHere || next !== null ? null : "unreachable");
    const further = next === null ? null : this.#sender.further(link, envelope, offer);
    if (refusal !== null || (next !== null && further === null)) {
      const reason = refusal ?? "hop_limit";
      counters.federationOffersRefused.add(reason);
      const fields = { peer: link.label, call_id: id, caller, reason };
      if (reason === "wrong_caller" && this.#said.due(link.relay)) {
        log.warn("a relay offered a call for somebody else", fields);
      } else log.debug("call from another relay refused", fields);
      return this.#sender.refuse(link, id, OFFER_REFUSALS[reason]);
    }
    const behind = envelope.path.at(-2) ?? null;
    const facts = { id, caller, callee, origin: envelope.origin, back: link.relay, behind };
    if (next !== null && further !== null) {
      const way = this.#open({ ...facts, state: "searching" });
      log.debug("call passes through", { call_id: id, from: link.label, to: next.label });
      return this.#ask(way, [next], further);
    }
    const path = [...envelope.path, own];
    const way = this.#open({ ...facts, path, target: own, calleeHere: true, state: "asked" });
    const reason = local.offered(offer);
    if (reason === null) return;
    counters.federationOffersRefused.add("refused_here");
    this.#close(way);
    this.#sender.refuse(link, id, reason);
  }

  #news(link: Link, envelope: Envelope, news: CallNews): void {
    const id = news.call_id ?? this.#onlyCallOver(link);
    const way = id === null ? null : this.#ways.get(id);
    if (id === null || way === null) {
      this.#ignore(link, "no_such_call");
      if (id !== null && goesOn(news)) this.#sender.refuse(link, id, "Normal");
      return;
    }
    const from = sideOf(way, link.relay);
    if (from === null || !speaksFor(way, from, envelope, news)) {
      return this.#ignore(link, "wrong_relay");
    }
    const to = from === "caller" ? "callee" : "caller";
    if (!fits(way, from, news)) return this.#ignore(link, "not_expected");
    if (news.type === "Hangup" && news.reason === "Normal" && this.#outgoing.absent(way)) return;
    if (news.type === "Hangup" && way.state === "active" && this.#repair.denied(way)) return;
    if (news.type === "Hangup" || isRejection(news)) {
      const reason = news.type === "Hangup" ? news.reason : "Normal";
      this.#close(way);
      if (from === "callee") this.#sender.withdraw(way, link.relay);
      return this.#pass(way, to, link, envelope, { type: "Hangup", reason, call_id: id });
    }
    if (news.type === "DirectCallAnswer") {
      this.#sender.withdraw(way, link.relay);
      way.asked = [link.relay];
      way.target = envelope.origin;
      if (way.back === null) way.path = [this.#options.own, ...envelope.path.toReversed()];
      this.#answered(way);
    }
    this.#outgoing.forget(way);
    if (news.type === "CallRinging" && way.state === "active" && way.back === null) {
      return this.#repair.confirmed(way);
    }
    this.#pass(way, to, link, envelope, news);
  }

  /** To the party if it is at this relay, else along the way. */
  #pass(way: Way, to: Side, link: Link, envelope: Envelope, news: CallNews): void {
    if (to === "caller" ? way.back === null : way.calleeHere) {
      return this.#options.local.heard(way.id, news);
    }
    const further = this.#sender.further(link, envelope, news);
    if (further === null) this.#ignore(link, "hop_limit");
    else this.#sender.send(way, to, further);
  }

  #ask(way: Way, links: readonly Link[], envelope: Envelope): void {
    way.asked = links.map(({ relay }) => relay);
    way.target = envelope.target;
    way.state = "asked";
    this.#sender.send(way, "callee", envelope);
  }

  /** An original does not say which call it means; it is clear only where there is but one. */
  #onlyCallOver(link: Link): string | null {
    if (!link.legacy) return null;
    const ways = this.#ways.over(link.relay).filter(({ state }) => state === "asked");
    return ways.length === 1 ? ways[0]!.id : null;
  }

  #lost(way: Way): void {
    if (this.#close(way)) this.#tellLost(way);
  }

  /** The way is gone: whoever is still there is to know. */
  #tellLost(way: Way): void {
    if (way.back === null || way.calleeHere) this.#options.local.lost(way.id);
    this.#sender.begin(way, "caller", hangupOf(way));
    this.#sender.begin(way, "callee", hangupOf(way));
  }

  #open(init: Parameters<CallWays["open"]>[0]): Way {
    const way = this.#ways.open(init);
    this.#options.counters.federationCallWays = this.#ways.size;
    return way;
  }

  #close(way: Way): boolean {
    if (!this.#ways.close(way)) return false;
    this.#closed(way);
    return true;
  }

  #closed(way: Way): void {
    this.#options.counters.federationCallWays = this.#ways.size;
    this.#outgoing.forget(way);
    if (way.state === "active") this.#routes.changed(way.id);
  }

  #answered(way: Way): void {
    this.#ways.answered(way);
    this.#changed(way);
  }

  #changed(way: Way): void {
    if (way.state === "active") this.#routes.changed(way.id);
  }

  #ignore(link: Link, reason: Ignored): void {
    const { counters, log } = this.#options;
    counters.federationCallSignalsIgnored.add(reason);
    log.debug("call signal of another relay ignored", { peer: link.label, reason });
  }
}

type Ignored = EnvelopeFault | "no_such_call" | "wrong_relay" | "not_expected";
