/** A relay in a simulated mesh for tests of rooms: the real edge and reducer, clients that are only names. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { KnownSignal, RoomParticipant } from "../../proto/signal/mod.ts";
import type { Timer } from "../../quic/clock.ts";
import type { ParticipantView, RoomObserver } from "../../relay/ports/room_observer.ts";
import type { Link, LinkHandler, RelayKey } from "../link.ts";
import type { MeshNode, MeshSite } from "../testing_mesh.ts";
import { FederatedRooms, type RoomSignal } from "./federated_rooms.ts";
import type { IgnoredAnnouncement } from "./ground.ts";
import type { Mesh } from "./routing.ts";

/** As links ping originals. */
const PING_MS = 5_000;

export interface TestingNodeOptions {
  readonly site: MeshSite;
  readonly mesh: Pick<Mesh, "reachable" | "nextHop" | "onChange">;
  readonly globalRooms: readonly string[];
  readonly name?: string | null;
  /** Works on the links too, before the rooms. */
  readonly gossip?: LinkHandler & Pick<MeshNode, "signal"> & { stop(): void };
  /** Longest extra way of a message through a stream of its own; what is sent later may overtake it. Default none. */
  readonly reorderMs?: number;
}

export class TestingNode implements MeshNode {
  readonly site: MeshSite;
  readonly rooms: FederatedRooms;
  readonly links = new Map<RelayKey, Link>();
  /** By room, the list its clients were told last; nothing for a room without clients. */
  readonly told = new Map<string, readonly RoomParticipant[]>();
  readonly refreshed: string[] = [];
  readonly ignored = new Map<IgnoredAnnouncement, number>();
  readonly counters = {
    federationActiveRooms: 0,
    federationAnnouncementsIgnored: {
      add: (reason: IgnoredAnnouncement) =>
        void this.ignored.set(reason, (this.ignored.get(reason) ?? 0) + 1),
    },
  };
  globalRooms: readonly string[];
  /** Everything that came in. */
  readonly heard: KnownSignal[] = [];
  readonly #reorderMs: number;
  readonly #gossip: TestingNodeOptions["gossip"];
  readonly #members = new Map<string, ParticipantView[]>();
  /** Grows with every connection of a link, so that nothing arrives from an earlier one. */
  readonly #connections = new Map<Link, number>();
  readonly #pings: Timer;
  #observer: RoomObserver | null = null;
  #lastId = 0;

  constructor(options: TestingNodeOptions) {
    const { site, mesh, globalRooms, name = null, reorderMs = 0, gossip } = options;
    this.#gossip = gossip;
    this.site = site;
    this.globalRooms = globalRooms;
    this.#reorderMs = reorderMs;
    // What links do.
    this.#pings = site.clock.every(PING_MS, () => this.#ping());
    this.rooms = new FederatedRooms({
      host: {
        clock: site.clock,
        crypto: nodeCrypto,
        certificate: { fingerprintBytes: Uint8Array.fromHex(site.key) },
        counters: this.counters,
        settings: () => ({ globalRooms: this.globalRooms, name, peers: [], trusted: [] }),
        rooms: {
          observe: (observer) => {
            this.#observer = observer;
            return () => void (this.#observer = null);
          },
          list: () => this.list(),
          participants: (room) => this.#members.get(room) ?? [],
          refresh: (room) => {
            this.refreshed.push(room);
            this.#tell(room);
          },
        },
      },
      mesh,
      labelOf: () => "unknown",
    });
  }

  *list(): Generator<{ readonly name: string; readonly participants: readonly ParticipantView[] }> {
    for (const [name, participants] of this.#members) yield { name, participants };
  }

  /** Somebody joins under a spelling of the room's name. */
  join(spelling: string, fingerprint: string, alias: string | null = null): void {
    const room = this.rooms.canonicalRoom(spelling);
    const members = this.#members.get(room) ?? [];
    const id = ++this.#lastId;
    const participant = {
      id,
      session: `s${id}`,
      room,
      fingerprint,
      alias,
      address: "10.0.0.1:1",
    };
    this.#members.set(room, [...members, participant]);
    this.#observer?.joined?.(participant);
    this.#tell(room);
  }

  leave(room: string, fingerprint: string): void {
    const members = this.#members.get(room) ?? [];
    const participant = members.find((member) => member.fingerprint === fingerprint);
    if (participant === undefined) return;
    const rest = members.filter((member) => member !== participant);
    if (rest.length > 0) this.#members.set(room, rest);
    else this.#members.delete(room);
    this.#observer?.left?.(participant, 0, rest.length === 0);
    this.#tell(room);
  }

  locals(room: string): string[] {
    return (this.#members.get(room) ?? []).map(({ fingerprint }) => fingerprint);
  }

  up(link: Link): void {
    this.links.set(link.relay, link);
    this.#gossip?.up?.(link);
    this.rooms.up(link);
  }

  renewed(link: Link): void {
    this.#connections.set(link, (this.#connections.get(link) ?? 0) + 1);
    this.#gossip?.renewed?.(link);
    this.rooms.renewed(link);
  }

  down(link: Link): void {
    this.links.delete(link.relay);
    this.#gossip?.down?.(link);
    this.rooms.down(link);
  }

  signal(link: Link, message: KnownSignal): void {
    const wait = link.legacy ? 0 : Math.floor(this.site.random() * this.#reorderMs);
    const connection = this.#connections.get(link) ?? 0;
    const take = () => {
      const current = this.#connections.get(link) ?? 0;
      if (this.links.get(link.relay) !== link || current !== connection) return;
      this.heard.push(message);
      if (isRoomSignal(message)) this.rooms.signal(link, message);
      else this.#gossip?.signal(link, message);
    };
    if (wait === 0) take();
    else this.site.clock.after(wait, take);
  }

  stop(): void {
    this.#pings.cancel();
    this.rooms.close();
    this.#gossip?.stop();
  }

  #ping(): void {
    for (const link of this.links.values()) {
      if (link.legacy) link.send({ type: "Ping", timestamp_ms: this.site.clock.now() });
    }
  }

  #tell(room: string): void {
    const members = this.#members.get(room);
    if (members === undefined) {
      this.told.delete(room);
      return;
    }
    const known = new Set(members.map(({ fingerprint }) => fingerprint));
    this.told.set(room, [
      ...members.map(({ fingerprint, alias }) => ({ fingerprint, alias, relay_label: null })),
      ...this.rooms.remote(room).filter(({ fingerprint }) => !known.has(fingerprint)),
    ]);
  }
}

function isRoomSignal(message: KnownSignal): message is RoomSignal {
  return message.type === "RoomState" || message.type === "GlobalRoomActive" ||
    message.type === "GlobalRoomInactive";
}
