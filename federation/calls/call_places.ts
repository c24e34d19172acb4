/**
 * Finds the relay at which the parties of a call meet: here, at the relay of the caller, or at a neighbour, which is
 * asked first and may say no. What cannot be done in time leaves the call to the usual rule.
 */
import { rttsOf } from "../../proto/relay_rtts.ts";
import { formatSocketAddress, parseSocketAddress } from "../../proto/socket_address.ts";
import { MAX_CAPABILITIES, type SignalOf } from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { FederationHost } from "../../relay/ports/federation.ts";
import type { MeetingPlace, PlacementRequest } from "../../relay/ports/remote_calls.ts";
import type { Link, RelayKey } from "../link.ts";
import type { CallLinks, CallMesh } from "./call_mesh.ts";
import type { CallWays } from "./call_ways.ts";
import { meetingPlace } from "./placement.ts";

/** How long a neighbour has to say whether the parties may meet there. */
const ASK_MS = 500;
/** Calls for which neighbours are asked at a time; more than that are not placed. */
const MAX_ASKING = 1_000;

export interface CallPlacesOptions
  extends Pick<FederationHost, "advertised" | "draining" | "mayVisit"> {
  readonly clock: Clock;
  readonly own: RelayKey;
  readonly mesh: CallMesh;
  readonly links: CallLinks;
  readonly ways: CallWays;
  /** A neighbour has, or has no longer, the room of this call. */
  readonly changed: (callId: string) => void;
}

/** A call for which a neighbour has been asked. */
interface Asked {
  readonly message: SignalOf<"CallPlace">;
  readonly relay: RelayKey;
  /** While its answer is waited for. */
  waiting: {
    readonly place: MeetingPlace;
    readonly done: (place: MeetingPlace | null) => void;
    readonly timer: Timer;
  } | null;
}

type Done = (place: MeetingPlace | null) => void;

export class CallPlaces {
  readonly #options: CallPlacesOptions;
  readonly #asked = new Map<string, Asked>();
  #waiting = 0;

  constructor(options: CallPlacesOptions) {
    this.#options = options;
  }

  /** The neighbour at which the parties of this call meet, beside its way. */
  aside(callId: string): RelayKey | null {
    const asked = this.#asked.get(callId);
    return asked === undefined || asked.waiting !== null ? null : asked.relay;
  }

  /** What an offer of this relay's client tells beside it: whether its callee could be let in here. */
  announced({ ext, target_fingerprint }: SignalOf<"DirectCallOffer">) {
    if (ext === null) return null;
    const { draining, mayVisit } = this.#options;
    const others = ext.caps.filter((capability) => capability !== "place");
    const rtts = rttsOf(ext);
    const offers = rtts !== null && !draining() && mayVisit(target_fingerprint) &&
      others.length < MAX_CAPABILITIES;
    return { ...ext, rtts, caps: offers ? [...others, "place"] : others };
  }

  find(request: PlacementRequest, done: Done): void {
    const { mesh, own, ways } = this.#options;
    const { callId, callerHere, callerRtts: caller, calleeRtts: callee } = request;
    const origin = callerHere ? own : ways.get(callId)?.origin ?? null;
    const calleesRelay = this.#ownAddress;
    const candidates = this.#candidates(request, origin);
    const address = meetingPlace({
      caller,
      callee,
      callersRelay: origin === own ? calleesRelay : origin === null ? null : mesh.addressOf(origin),
      calleesRelay,
      usable: candidates.keys(),
      betweenMs: origin === null || origin === own ? null : mesh.rttTo(origin),
    });
    const relay = address === null ? undefined : candidates.get(address);
    if (address === null || relay === undefined) return done(null);
    const place = this.#placeAt(relay, address);
    if (place === null || relay === own || relay === origin) return done(place);
    this.#ask(request, relay, place, done);
  }

  /** What the relay of the callee has decided, by address; null when this relay knows none there that takes clients. */
  decided(callId: string, text: string): MeetingPlace | null {
    const { mayVisit, mesh, own, ways } = this.#options;
    const address = parseSocketAddress(text);
    const way = ways.get(callId);
    if (address === null || way === null) return null;
    const addr = formatSocketAddress(address);
    // Its own client is here; the other one has to be let in.
    if (addr === this.#ownAddress) {
      return way.callee !== null && mayVisit(way.callee) ? this.#placeAt(own, addr) : null;
    }
    if (way.target !== null && mesh.addressOf(way.target) === addr) {
      return this.#placeAt(way.target, addr);
    }
    // The two relays keep to the way then, over which the third one can be reached.
    way.meetsElsewhere = true;
    this.#options.changed(callId);
    const relay = mesh.relayAt(addr);
    return relay !== null && mesh.takesClients(relay) ? this.#placeAt(relay, addr) : null;
  }

  answered(link: Link, { call_id, ok }: SignalOf<"CallPlaced">): void {
    const asked = this.#asked.get(call_id);
    if (asked === undefined || asked.relay !== link.relay) return;
    if (ok) this.#settle(call_id, asked, asked.waiting?.place ?? null);
    // One that has begun anew may be full now.
    else this.#drop(call_id, asked);
  }

  /** The call is over. */
  end(callId: string): void {
    const asked = this.#asked.get(callId);
    if (asked === undefined) return;
    const link = this.#options.links.find(asked.relay);
    if (link?.can("place")) link.send({ type: "CallUnplace", call_id: callId });
    this.#drop(callId, asked);
  }

  /** Something may have been lost with a connection, or the relay has begun anew. */
  up(link: Link): void {
    if (!link.can("place")) return;
    for (const { relay, message } of this.#asked.values()) {
      if (relay === link.relay) link.send(message);
    }
  }

  stop(): void {
    for (const { waiting } of this.#asked.values()) waiting?.timer.cancel();
  }

  get #ownAddress(): string {
    return formatSocketAddress(this.#options.advertised);
  }

  /** By address: this relay, that of the caller, and the neighbours, where both parties could be let in. */
  #candidates({ caller, callerHere }: PlacementRequest, origin: RelayKey | null) {
    const { draining, links, mayVisit, mesh, own } = this.#options;
    const relays: RelayKey[] = [];
    if (!draining() && (callerHere || mayVisit(caller))) relays.push(own);
    // That it can take the callee it has said with the offer.
    if (origin !== null && origin !== own && mesh.takesClients(origin)) relays.push(origin);
    if (this.#waiting < MAX_ASKING) {
      for (const link of links.links()) {
        if (link.can("place") && link.relay !== origin && mesh.takesClients(link.relay)) {
          relays.push(link.relay);
        }
      }
    }
    const candidates = new Map<string, RelayKey>();
    for (const relay of relays) {
      const address = relay === own ? this.#ownAddress : mesh.addressOf(relay);
      if (address !== null && !candidates.has(address)) candidates.set(address, relay);
    }
    return candidates;
  }

  #placeAt(relay: RelayKey, addr: string): MeetingPlace | null {
    const { mesh, own } = this.#options;
    const address = parseSocketAddress(addr);
    if (address === null) return null;
    const entry = { name: mesh.labelOf(relay), address, fingerprint: relay };
    return { addr, here: relay === own, entry };
  }

  #ask(
    { callId: call_id, caller, callee }: PlacementRequest,
    relay: RelayKey,
    place: MeetingPlace,
    done: Done,
  ): void {
    const link = this.#options.links.find(relay);
    if (link === null || this.#asked.has(call_id)) return done(null);
    const message = { type: "CallPlace", call_id, caller, callee } as const;
    const timer = this.#options.clock.after(ASK_MS, () => this.end(call_id));
    this.#asked.set(call_id, { message, relay, waiting: { place, done, timer } });
    this.#waiting += 1;
    link.send(message);
  }

  #drop(callId: string, asked: Asked): void {
    this.#asked.delete(callId);
    this.#settle(callId, asked, null);
  }

  #settle(callId: string, asked: Asked, place: MeetingPlace | null): void {
    const { waiting } = asked;
    asked.waiting = null;
    if (waiting !== null) {
      this.#waiting -= 1;
      waiting.timer.cancel();
      const way = this.#options.ways.get(callId);
      if (way !== null && place !== null) way.meetsElsewhere = true;
    }
    this.#options.changed(callId);
    waiting?.done(place);
  }
}
