/** A relay of the original kind in a simulated mesh, as far as rooms go: it passes everything on, and says little itself. */
import { GlobalRooms } from "../../proto/global_rooms.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { KnownSignal, RoomParticipant } from "../../proto/signal/mod.ts";
import type { Link } from "../link.ts";
import type { MeshNode, MeshSite } from "../testing_mesh.ts";

const STALE_MS = 15_000;
const SWEEP_MS = 5_000;

interface Peer {
  lastSeen: number;
  /** By room name exactly as announced. */
  readonly lists: Map<string, readonly RoomParticipant[]>;
}

export class TestingOriginal implements MeshNode {
  readonly #site: MeshSite;
  readonly #globals: GlobalRooms;
  readonly #peers = new Map<Link, Peer>();
  /** By the name the first one joined under. */
  readonly #rooms = new Map<string, RoomParticipant[]>();
  /** Links it purged because they were silent. */
  swept = 0;

  constructor(site: MeshSite, globalRooms: readonly string[]) {
    this.#site = site;
    this.#globals = new GlobalRooms(nodeCrypto, globalRooms);
    site.clock.every(SWEEP_MS, () => this.#sweep());
  }

  join(room: string, fingerprint: string): void {
    const members = this.#rooms.get(room) ?? [];
    this.#rooms.set(room, [...members, { fingerprint, alias: null, relay_label: null }]);
    if (members.length > 0) return;
    this.#send(this.#peers.keys(), active(room, this.#rooms.get(room)!));
  }

  leave(room: string, fingerprint: string): void {
    const members = this.#rooms.get(room) ?? [];
    const rest = members.filter((member) => member.fingerprint !== fingerprint);
    if (rest.length === members.length) return;
    if (rest.length > 0) return void this.#rooms.set(room, rest);
    this.#rooms.delete(room);
    this.#send(this.#peers.keys(), { type: "GlobalRoomInactive", room });
  }

  /** By canonical name. */
  locals(room: string): string[] {
    return this.#locals(room).map(({ fingerprint }) => fingerprint);
  }

  /** As its clients would see it. */
  remote(room: string): RoomParticipant[] {
    return this.#remaining(room, null);
  }

  up(link: Link): void {
    const others = [...this.#peers.values()];
    this.#peers.set(link, { lastSeen: this.#site.clock.now(), lists: new Map() });
    for (const [room, members] of this.#rooms) this.#send([link], active(room, members));
    for (const { lists } of others) {
      for (const [room, list] of lists) this.#send([link], active(room, list));
    }
  }

  /** A new connection under a key takes the place of the old one, with nothing kept. */
  renewed(link: Link): void {
    this.down(link);
    this.up(link);
  }

  down(link: Link): void {
    this.#peers.delete(link);
  }

  signal(link: Link, message: KnownSignal): void {
    const peer = this.#peers.get(link)!;
    peer.lastSeen = this.#site.clock.now();
    const others = [...this.#peers.keys()].filter((other) => other !== link);
    if (message.type === "GlobalRoomActive") {
      const canonical = this.#globals.canonicalOf(message.room);
      if (canonical === null) return;
      const list = message.participants.map((person) => ({
        ...person,
        relay_label: person.relay_label ?? link.label,
      }));
      peer.lists.set(message.room, list);
      this.#send(others, active(message.room, list));
    } else if (message.type === "GlobalRoomInactive") {
      const canonical = this.#globals.canonicalOf(message.room) ?? message.room;
      peer.lists.delete(message.room);
      peer.lists.delete(canonical);
      const remaining = [...this.#remaining(canonical, link), ...this.#locals(canonical)];
      this.#send(
        others,
        remaining.length > 0 ? active(message.room, remaining) : message,
      );
    } else if (message.type !== "Ping") {
      throw new TypeError(`An original relay was sent ${message.type}`);
    }
  }

  #locals(canonical: string): RoomParticipant[] {
    for (const [room, members] of this.#rooms) {
      if (this.#globals.canonicalOf(room) === canonical) return members;
    }
    return [];
  }

  #remaining(canonical: string, but: Link | null): RoomParticipant[] {
    return [...this.#peers].flatMap(([link, { lists }]) =>
      link === but ? [] : [...lists.get(canonical) ?? []]
    );
  }

  #sweep(): void {
    for (const peer of this.#peers.values()) {
      if (peer.lists.size === 0 || this.#site.clock.now() - peer.lastSeen <= STALE_MS) continue;
      peer.lists.clear();
      this.swept += 1;
    }
  }

  #send(links: Iterable<Link>, message: KnownSignal): void {
    for (const link of links) link.send(message);
  }
}

function active(room: string, participants: readonly RoomParticipant[]): KnownSignal {
  return { type: "GlobalRoomActive", room, participants };
}
