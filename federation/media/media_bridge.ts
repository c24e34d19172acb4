/**
 * Sound between relays: what people here say goes to the links that have, or lead to, listeners, and what comes over a
 * link goes to the people here and on to other links. Nothing here waits, or allocates or looks anything up for each
 * link. For every link, packets for it = sent + dropped.
 */
import type { Crypto } from "../../proto/crypto_port.ts";
import {
  encodeLegacyLink,
  LEGACY_LINK_HEADER_BYTES,
  validateLegacyLink,
} from "../../proto/legacy_link_datagram.ts";
import {
  encodeLinkMedia,
  hopsLeftOf,
  isFromOrigin,
  LINK_HEADER_BYTES,
  LINK_ROOM_AT,
  MAX_HOPS,
  setHopsLeft,
  validateLinkMedia,
} from "../../proto/link_datagram.ts";
import { LINK_SHORT, type LinkReason } from "../../proto/link_reason.ts";
import { seqOf } from "../../proto/media_header.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Counters } from "../../relay/ports/counters.ts";
import type { FederatedRooms } from "../../relay/ports/federation.ts";
import type { FederationEvents } from "../../relay/ports/federation_events.ts";
import type { Log } from "../../relay/ports/log.ts";
import type { ParticipantView, RoomObserver } from "../../relay/ports/room_observer.ts";
import type { Mesh, RoutingWatcher } from "../rooms/routing.ts";
import { DatagramMemory } from "./datagram_memory.ts";
import { DuplicateFilter, UNKNOWN_SENDER } from "./duplicate_filter.ts";
import { type LinkFigures, type MediaTarget, Outlet } from "./outlet.ts";
import { type MediaRoom, RoomRoutes } from "./room_routes.ts";
import type { Source } from "./source.ts";

/** Rooms for media; `Routing` of the rooms is one. */
export interface MediaRouting {
  byName(room: string): MediaRoom | null;
  byHash(bytes: Uint8Array, at: number): MediaRoom | null;
  watch(watcher: RoutingWatcher<MediaRoom>): () => void;
}

export interface MediaBridgeOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly crypto: Pick<Crypto, "random">;
  /** Null where no event log is written. */
  readonly events: FederationEvents | null;
  readonly rooms: Pick<FederatedRooms, "observe" | "list" | "participants" | "deliver">;
  readonly routing: MediaRouting;
  readonly mesh: Pick<Mesh, "linked" | "onChange">;
  /** This relay's certificate fingerprint, 32 bytes. */
  readonly fingerprint: Uint8Array;
}

/** Between two warnings of packets for rooms that are not shared. */
const WARN_MS = 1_000;

export class MediaBridge {
  readonly #options: MediaBridgeOptions;
  readonly #filter: DuplicateFilter;
  readonly #memory = new DatagramMemory();
  /** What names this relay in datagrams: the first bytes of its fingerprint. */
  readonly #origin: Uint8Array;
  readonly #outlets = new WeakMap<MediaTarget, Outlet>();
  readonly #routes = new Map<MediaRoom, RoomRoutes>();
  /** Everybody of this relay in a shared room, so that a packet is looked up by nothing but who sent it. */
  readonly #speakers = new Map<ParticipantView, RoomRoutes>();
  readonly #endings: (() => void)[];
  readonly #places: Readonly<Record<"malformed" | "own" | "roomNotFound" | "noReceiver", number>>;
  /** The packet that is being delivered here, for events; -1 for none. */
  #delivering = -1;
  #warnedAt = -Infinity;

  constructor(options: MediaBridgeOptions) {
    const { counters, crypto, rooms, routing, mesh, fingerprint } = options;
    this.#options = options;
    this.#filter = new DuplicateFilter(crypto);
    this.#origin = fingerprint.slice(0, 8);
    const { federationPacketsDropped: family } = counters;
    this.#places = {
      malformed: family.index("malformed"),
      own: family.index("own"),
      roomNotFound: family.index("room_not_found"),
      noReceiver: family.index("no_receiver"),
    };
    for (const { participants } of rooms.list()) {
      for (const participant of participants) this.#join(participant);
    }
    this.#endings = [
      rooms.observe(this.#observer()),
      routing.watch({
        // Somebody may have joined before.
        shared: (room) => {
          for (const participant of rooms.participants(room.name)) this.#join(participant);
        },
        gone: (room) => this.#gone(room),
      }),
      mesh.onChange(() => this.#meshChanged()),
    ];
  }

  /** A datagram other than a probe came over a link. The bytes are the bridge's from now on. */
  receive(from: MediaTarget, bytes: Uint8Array): void {
    const via = this.#outletOf(from);
    if (via.media2) this.#receiveMedia2(via, bytes);
    else this.#receiveTagged(via, bytes);
  }

  /** What was counted of a link since it came up. */
  figures(target: MediaTarget): LinkFigures {
    return this.#outletOf(target).figures();
  }

  /** Ends the bridge; packets that still come are nobody's. */
  close(): void {
    for (const end of this.#endings) end();
  }

  #receiveMedia2(via: Outlet, bytes: Uint8Array): void {
    const { clock, counters, events, routing } = this.#options;
    const problem = validateLinkMedia(bytes);
    if (problem !== 0) return this.#malformed(bytes, problem);
    events?.ingress(bytes, LINK_HEADER_BYTES, via.target.label);
    via.received(bytes.length);
    const now = clock.now();
    const seq = seqOf(bytes, LINK_HEADER_BYTES);
    if (isFromOrigin(bytes, this.#origin)) {
      return counters.federationPacketsDropped.inc(this.#places.own);
    }
    if (!this.#filter.isNew(bytes, now)) return this.#duplicate(via, seq);
    const room = routing.byHash(bytes, LINK_ROOM_AT);
    const routes = room === null ? null : this.#routesOf(room);
    const source = routes === null ? null : routes.sourceOf(bytes, via, now);
    if (routes === null || !source?.open) return this.#roomNotFound(via, seq, now);
    if (!source.take(now)) return this.#rateLimited(routes, seq);
    const delivered = this.#deliver(routes, bytes, LINK_HEADER_BYTES, seq);
    const passedOn = this.#passOn(bytes, source);
    if (!delivered && !passedOn) counters.federationPacketsDropped.inc(this.#places.noReceiver);
  }

  #receiveTagged(via: Outlet, bytes: Uint8Array): void {
    const { clock, counters, events, routing } = this.#options;
    const problem = validateLegacyLink(bytes);
    if (problem !== 0) return this.#malformed(bytes, problem);
    events?.ingress(bytes, LEGACY_LINK_HEADER_BYTES, via.target.label);
    via.received(bytes.length);
    const now = clock.now();
    const seq = seqOf(bytes, LEGACY_LINK_HEADER_BYTES);
    if (!this.#filter.isNewLegacy(bytes, now)) return this.#duplicate(via, seq);
    const room = routing.byHash(bytes, 0);
    const routes = room === null ? null : this.#routesOf(room);
    const source = routes === null ? null : routes.sourceOfLink(via, now);
    if (routes === null || !source?.open) return this.#roomNotFound(via, seq, now);
    if (!source.take(now)) return this.#rateLimited(routes, seq);
    const delivered = this.#deliver(routes, bytes, LEGACY_LINK_HEADER_BYTES, seq);
    const passedOn = this.#passOnTagged(bytes, source, routes);
    if (!delivered && !passedOn) counters.federationPacketsDropped.inc(this.#places.noReceiver);
  }

  /** To everybody here. Whether anybody is. */
  #deliver(routes: RoomRoutes, bytes: Uint8Array, at: number, seq: number): boolean {
    const { events, rooms } = this.#options;
    const { name } = routes.room;
    if (routes.locals === 0) {
      events?.delivered(name, seq, 0);
      return false;
    }
    this.#delivering = seq;
    const receivers = rooms.deliver(name, bytes.subarray(at));
    this.#delivering = -1;
    events?.delivered(name, seq, receivers);
    return true;
  }

  /** To further links; one datagram serves all of a kind. Whether there is any. */
  #passOn(bytes: Uint8Array, { way }: Source): boolean {
    const hops = hopsLeftOf(bytes);
    // Nobody looks at the header of this datagram any more but the links behind.
    if (hops > 0) setHopsLeft(bytes, hops - 1);
    let any = false;
    for (const outlet of way.media2) {
      if (isFromOrigin(bytes, outlet.target.fingerprint)) continue;
      any = true;
      if (hops > 0) outlet.send(bytes);
      else outlet.tooFar();
    }
    let tagged: Uint8Array | null = null;
    for (const outlet of way.tagged) {
      if (isFromOrigin(bytes, outlet.target.fingerprint)) continue;
      any = true;
      if (hops > 0) outlet.send(tagged ??= withoutOrigin(bytes));
      else outlet.tooFar();
    }
    return any;
  }

  /** The same for a packet without origin: it enters the mesh here. */
  #passOnTagged(bytes: Uint8Array, { way }: Source, { room }: RoomRoutes): boolean {
    const { media2, tagged } = way;
    for (const outlet of tagged) outlet.send(bytes);
    if (media2.length > 0) {
      const packet = bytes.subarray(LEGACY_LINK_HEADER_BYTES);
      const datagram = this.#media2(room, UNKNOWN_SENDER, packet);
      for (const outlet of media2) outlet.send(datagram);
    }
    return media2.length + tagged.length > 0;
  }

  /** A valid packet of somebody here. */
  #send(from: ParticipantView, packet: Uint8Array): void {
    const routes = this.#speakers.get(from);
    if (routes === undefined) return;
    const now = this.#options.clock.now();
    const { media2, tagged } = routes.own(now);
    if (media2.length + tagged.length === 0) return;
    const { room } = routes;
    this.#filter.own(room.hash, packet, this.#origin, from.id, now);
    if (media2.length > 0) {
      const datagram = this.#media2(room, from.id, packet);
      for (const outlet of media2) outlet.send(datagram);
    }
    if (tagged.length > 0) {
      const memory = this.#memory.take(LEGACY_LINK_HEADER_BYTES + packet.length);
      const datagram = encodeLegacyLink({ roomHash: room.hash, packet }, memory);
      for (const outlet of tagged) outlet.send(datagram);
    }
  }

  #media2({ hash }: MediaRoom, sender: number, packet: Uint8Array): Uint8Array {
    const origin = this.#origin;
    return encodeLinkMedia(
      { hopsLeft: MAX_HOPS, roomHash: hash, origin, sender, packet },
      this.#memory.take(LINK_HEADER_BYTES + packet.length),
    );
  }

  #observer(): RoomObserver {
    const { clock, events } = this.#options;
    const watching: RoomObserver = {
      joined: (participant) => this.#join(participant),
      left: (participant) => this.#leave(participant),
      packet: (from, bytes) => this.#send(from, bytes),
      beyond: (from) => {
        const way = this.#speakers.get(from)?.own(clock.now());
        return way === undefined ? 0 : way.media2.length + way.tagged.length;
      },
    };
    if (events === null) return watching;
    return {
      ...watching,
      dropped: (from, to, reason) => {
        if (from !== null || to === null || this.#delivering < 0) return;
        events.deliverError(to.room, this.#delivering, reason);
      },
    };
  }

  #join(participant: ParticipantView): void {
    const room = this.#options.routing.byName(participant.room);
    if (room === null || this.#speakers.has(participant)) return;
    const routes = this.#routesOf(room);
    routes.locals += 1;
    this.#speakers.set(participant, routes);
  }

  #leave(participant: ParticipantView): void {
    const routes = this.#speakers.get(participant);
    if (routes === undefined) return;
    this.#speakers.delete(participant);
    routes.locals -= 1;
  }

  #gone(room: MediaRoom): void {
    const routes = this.#routes.get(room);
    if (routes === undefined) return;
    this.#routes.delete(room);
    for (const [participant, theirs] of this.#speakers) {
      if (theirs === routes) this.#speakers.delete(participant);
    }
  }

  #meshChanged(): void {
    for (const routes of this.#routes.values()) routes.outdated();
  }

  #routesOf(room: MediaRoom): RoomRoutes {
    let routes = this.#routes.get(room);
    if (routes === undefined) {
      const outletOf = (target: MediaTarget) => this.#outletOf(target);
      routes = new RoomRoutes(room, { mesh: this.#options.mesh, outletOf });
      this.#routes.set(room, routes);
    }
    return routes;
  }

  #outletOf(target: MediaTarget): Outlet {
    let outlet = this.#outlets.get(target);
    if (outlet === undefined) this.#outlets.set(target, outlet = new Outlet(target, this.#options));
    return outlet;
  }

  #malformed({ length }: Uint8Array, problem: LinkReason): void {
    const { counters, events } = this.#options;
    counters.federationPacketsDropped.inc(this.#places.malformed);
    // What is no datagram at all is not worth an event, as with the original.
    if (problem !== LINK_SHORT) events?.malformed(length);
  }

  #duplicate(via: Outlet, seq: number): void {
    const { counters, events } = this.#options;
    counters.federationPacketsDeduped += 1;
    events?.duplicate(seq, via.target.label);
  }

  #roomNotFound({ target: { label } }: Outlet, seq: number, now: number): void {
    const { counters, events, log } = this.#options;
    counters.federationPacketsDropped.inc(this.#places.roomNotFound);
    events?.roomNotFound(seq, label);
    if (now - this.#warnedAt < WARN_MS) return;
    this.#warnedAt = now;
    log.warn("packet for a room that is not shared with this peer", { peer: label, seq });
  }

  #rateLimited({ room }: RoomRoutes, seq: number): void {
    const { counters, events } = this.#options;
    counters.federationPacketsRateLimited += 1;
    events?.rateLimited(room.name, seq);
  }
}

/** The same packet as links to originals take it. */
function withoutOrigin(datagram: Uint8Array): Uint8Array {
  const tagged = datagram.slice(LINK_HEADER_BYTES - LEGACY_LINK_HEADER_BYTES);
  for (let i = 0; i < LEGACY_LINK_HEADER_BYTES; i++) tagged[i] = datagram[LINK_ROOM_AT + i]!;
  return tagged;
}
