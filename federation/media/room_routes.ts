/** Where the packets of one room go, made from what rooms and mesh say whenever that changes, never per packet. */
import { readU16 } from "../../proto/byte_order.ts";
import { LINK_ORIGIN_AT } from "../../proto/link_datagram.ts";
import { roomHashKey } from "../../proto/room_hash.ts";
import type { RelayKey } from "../link.ts";
import type { Mesh, RoutedRoom } from "../rooms/routing.ts";
import type { MediaTarget, Outlet } from "./outlet.ts";
import { IDLE_MS, Source, type Way } from "./source.ts";

/** A shared room; its targets may also be links made for a call. */
export interface MediaRoom extends Omit<RoutedRoom, "targets"> {
  readonly targets: readonly MediaTarget[];
  /** Whether a scoped room takes media of this relay; absent: of its targets. */
  accepts?(relay: RelayKey): boolean;
}

/** A relay that has announced participants. */
interface Origin {
  readonly relay: RelayKey;
  /** Seventh and eighth byte of its fingerprint; the map has the six in front. */
  readonly tail: number;
  participants: number;
  /** By the link its packets come over, so that nobody uses up its share by taking its name. */
  readonly sources: WeakMap<Outlet, Source>;
  usedAt: number;
}

export interface RouteParts {
  readonly mesh: Pick<Mesh, "linked">;
  readonly outletOf: (target: MediaTarget) => Outlet;
}

export class RoomRoutes {
  readonly room: MediaRoom;
  /** Participants of this relay in the room. */
  locals = 0;
  readonly #parts: RouteParts;
  /** By the first 48 bits of the relay's fingerprint. As many as the room has relays with participants. */
  readonly #origins = new Map<number, Origin>();
  /** For packets that name no origin, or one that announced nobody. As many as there are links. */
  readonly #links = new WeakMap<Outlet, Source>();
  #own: Way = { media2: [], tagged: [] };
  #announced: MediaRoom["announced"] = new Map();
  #revision = NaN;
  /** Grows with every change. */
  #state = 0;

  constructor(room: MediaRoom, parts: RouteParts) {
    this.room = room;
    this.#parts = parts;
  }

  /** The mesh has changed, so that the next packet needs new routes. */
  outdated(): void {
    this.#revision = NaN;
  }

  /** For a packet of this relay's own. */
  own(now: number): Way {
    this.#refresh(now);
    return this.#own;
  }

  /** For a `media2` datagram that came over `via`. */
  sourceOf(datagram: Uint8Array, via: Outlet, now: number): Source {
    this.#refresh(now);
    const origin = this.#origins.get(roomHashKey(datagram, LINK_ORIGIN_AT));
    if (origin === undefined || readU16(datagram, LINK_ORIGIN_AT + 6) !== origin.tail) {
      return this.#ofLink(via);
    }
    origin.usedAt = now;
    let source = origin.sources.get(via);
    if (source === undefined) origin.sources.set(via, source = new Source());
    if (source.madeFor !== this.#state) {
      source.announced(origin.participants);
      this.#lead(source, via, (other) => this.#beside(other, origin));
    }
    return source;
  }

  /** For whatever else came over `via`. */
  sourceOfLink(via: Outlet, now: number): Source {
    this.#refresh(now);
    return this.#ofLink(via);
  }

  #ofLink(via: Outlet): Source {
    let source = this.#links.get(via);
    if (source === undefined) this.#links.set(via, source = new Source());
    if (source.madeFor !== this.#state) {
      source.announced(this.#announced.get(via.target.relay) ?? 0);
      this.#lead(source, via, () => true);
    }
    return source;
  }

  /** Whether packets of an origin go to a link: not when its relay gets them from the origin itself. */
  #beside({ target }: Outlet, { relay }: Origin): boolean {
    return target.relay !== relay &&
      (this.room.scoped || !this.#parts.mesh.linked(target.relay, relay));
  }

  /** Nothing goes back to the relay it came from, which may have a second link. */
  #lead(source: Source, { target: { relay } }: Outlet, wanted: (outlet: Outlet) => boolean): void {
    const goes = (outlet: Outlet) => outlet.target.relay !== relay && wanted(outlet);
    const { media2, tagged } = this.#own;
    source.way = { media2: media2.filter(goes), tagged: tagged.filter(goes) };
    source.open = this.#open(relay);
    source.madeFor = this.#state;
  }

  /** Whether media of this room may come from there: that of a call only from its own path. */
  #open(relay: RelayKey): boolean {
    const { room } = this;
    if (!room.scoped) return true;
    return room.accepts?.(relay) ?? room.targets.some((target) => target.relay === relay);
  }

  #refresh(now: number): void {
    // The others may have to be looked up.
    const { revision } = this.room;
    if (revision === this.#revision) return;
    const { targets, announced } = this.room;
    this.#revision = revision;
    this.#state += 1;
    const outlets = targets.map(this.#parts.outletOf);
    this.#own = {
      media2: outlets.filter((outlet) => outlet.media2),
      tagged: outlets.filter((outlet) => !outlet.media2),
    };
    if (announced === this.#announced) return;
    this.#announced = announced;
    for (const [key, origin] of this.#origins) {
      const { relay, usedAt } = origin;
      if (!announced.has(relay) && now - usedAt >= IDLE_MS) this.#origins.delete(key);
      else origin.participants = announced.get(relay) ?? 0;
    }
    for (const [relay, participants] of announced) this.#add(relay, participants);
  }

  #add(relay: RelayKey, participants: number): void {
    const key = parseInt(relay.slice(0, 12), 16);
    if (this.#origins.get(key)?.relay === relay) return;
    const tail = parseInt(relay.slice(12, 16), 16);
    const sources = new WeakMap<Outlet, Source>();
    this.#origins.set(key, { relay, tail, participants, sources, usedAt: -Infinity });
  }
}
