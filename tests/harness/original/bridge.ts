/** What a relay of the original kind tells its links of rooms and sound, and makes of what they tell. */
import {
  decodeLegacyLink,
  encodeLegacyLink,
  validateLegacyLink,
} from "../../../proto/legacy_link_datagram.ts";
import type { GlobalRooms } from "../../../proto/global_rooms.ts";
import { nodeCrypto } from "../../../proto/node_crypto.ts";
import { roomHash, sameRoomHash } from "../../../proto/room_hash.ts";
import type { KnownSignal, RoomParticipant, SignalOf } from "../../../proto/signal/mod.ts";
import type { Clock } from "../../../quic/clock.ts";
import { DuplicateFilter, duplicateKey, RoomRate } from "./duplicates.ts";
import type { OriginalLink, OriginalLinks } from "./links.ts";
import type { OriginalRooms } from "./rooms.ts";

const SHORTEST = 12;
const STALE_MS = 15_000;

/** What became of the datagrams of the links. */
export interface BridgeCounts {
  ingress: number;
  malformed: number;
  duplicates: number;
  roomless: number;
  rateLimited: number;
}

export class OriginalBridge {
  readonly counts: BridgeCounts = {
    ingress: 0,
    malformed: 0,
    duplicates: 0,
    roomless: 0,
    rateLimited: 0,
  };
  readonly #clock: Clock;
  readonly #global: GlobalRooms;
  readonly #rooms: OriginalRooms;
  readonly #links: OriginalLinks;
  readonly #duplicates: DuplicateFilter;
  readonly #rate: RoomRate;

  constructor(clock: Clock, global: GlobalRooms, rooms: OriginalRooms, links: OriginalLinks) {
    this.#clock = clock;
    this.#global = global;
    this.#rooms = rooms;
    this.#links = links;
    this.#duplicates = new DuplicateFilter(clock);
    this.#rate = new RoomRate(clock);
  }

  /** Everybody at other relays, as clients in the room `name` are told. */
  remote(name: string): RoomParticipant[] {
    return this.#known(name, this.#links.all());
  }

  filled(room: string): void {
    if (this.#global.canonicalOf(room) === null) return;
    this.#broadcast({
      type: "GlobalRoomActive",
      room,
      participants: this.#rooms.local(room),
    });
  }

  emptied(room: string): void {
    if (this.#global.canonicalOf(room) === null) return;
    this.#broadcast({ type: "GlobalRoomInactive", room });
  }

  /** A link hears of the rooms of this relay and of those of its other links. */
  up(link: OriginalLink): void {
    for (const room of this.#rooms.names()) {
      if (this.#global.canonicalOf(room) === null) continue;
      const participants = this.#rooms.local(room);
      link.channel.send({ type: "GlobalRoomActive", room, participants });
    }
    for (const other of this.#links.all()) {
      if (other === link) continue;
      for (const [room, participants] of other.remote) {
        link.channel.send({ type: "GlobalRoomActive", room, participants });
      }
    }
  }

  active(link: OriginalLink, { room, participants }: SignalOf<"GlobalRoomActive">): void {
    if (this.#global.canonicalOf(room) === null) return;
    const labelled = participants.map((one) => ({
      ...one,
      relay_label: one.relay_label ?? link.label,
    }));
    link.remote.set(room, labelled);
    // Whether it is news or not: in a circle of originals this never ends.
    this.#broadcast({ type: "GlobalRoomActive", room, participants: labelled }, link);
    this.#announce(room);
  }

  inactive(link: OriginalLink, { room }: SignalOf<"GlobalRoomInactive">): void {
    const canonical = this.#global.canonicalOf(room);
    link.remote.delete(room);
    if (canonical !== null) link.remote.delete(canonical);
    const others = this.#links.all().filter((other) => other !== link);
    const local = this.#localRoom(room);
    const left = [
      ...this.#known(canonical ?? room, others),
      ...local === undefined ? [] : this.#rooms.local(local),
    ];
    this.#broadcast(
      left.length > 0
        ? { type: "GlobalRoomActive", room, participants: left }
        : { type: "GlobalRoomInactive", room },
      link,
    );
    this.#announce(room);
  }

  /** Forgets everybody at links that were silent too long, though they may be well. */
  sweep(): void {
    for (const link of this.#links.all()) {
      if (link.remote.size === 0 || this.#clock.now() - link.lastSeen <= STALE_MS) continue;
      const rooms = [...link.remote.keys()];
      link.remote.clear();
      for (const room of rooms) this.#announce(room);
    }
  }

  /** A packet of somebody here goes to all links. */
  spoke(room: string, packet: Uint8Array): void {
    const canonical = this.#global.canonicalOf(room);
    if (canonical === null) return;
    const tagged = encodeLegacyLink({ roomHash: roomHash(nodeCrypto, canonical), packet });
    for (const { connection } of this.#links.all()) connection.sendDatagram(tagged);
  }

  datagram(link: OriginalLink, bytes: Uint8Array): void {
    if (bytes.length < SHORTEST) return;
    if (validateLegacyLink(bytes) !== 0) return void this.counts.malformed++;
    this.counts.ingress++;
    if (this.#duplicates.isDuplicate(duplicateKey(bytes))) return void this.counts.duplicates++;
    const room = this.#roomOf(bytes);
    if (room === undefined) return void this.counts.roomless++;
    if (!this.#rate.takes(room)) return void this.counts.rateLimited++;
    this.#rooms.deliver(room, decodeLegacyLink(bytes).packet);
    for (const other of this.#links.all()) {
      if (other !== link) other.connection.sendDatagram(bytes);
    }
  }

  #roomOf(tagged: Uint8Array): string | undefined {
    const is = (name: string) => sameRoomHash(tagged, 0, roomHash(nodeCrypto, name));
    const names = this.#rooms.names();
    return names.find(is) ??
      names.find((name) => is(this.#global.canonicalOf(name) ?? name)) ??
      this.#global.configured.find(is);
  }

  /** What these links told, stored under the name that was announced. */
  #known(name: string, links: readonly OriginalLink[]): RoomParticipant[] {
    const canonical = this.#global.canonicalOf(name) ?? name;
    const names = new Set([canonical, name]);
    const known = new Map<string, RoomParticipant>();
    for (const { remote } of links) {
      for (const one of [...names].flatMap((key) => remote.get(key) ?? [])) {
        if (!known.has(one.fingerprint)) known.set(one.fingerprint, one);
      }
    }
    return [...known.values()];
  }

  /** Compares canonical names without asking whether there is one, so that private rooms are equal to each other. */
  #localRoom(room: string): string | undefined {
    const canonical = this.#global.canonicalOf(room);
    return this.#rooms.names().find((name) => this.#global.canonicalOf(name) === canonical);
  }

  #announce(room: string): void {
    const local = this.#localRoom(room);
    if (local !== undefined) this.#rooms.announce(local);
  }

  #broadcast(message: KnownSignal, except: OriginalLink | null = null): void {
    for (const link of this.#links.all()) {
      if (link !== except) link.channel.send(message);
    }
  }
}
