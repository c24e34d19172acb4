/**
 * Who is in the shared rooms of all relays: takes what happens, answers what to send and whom to tell. No I/O; time comes
 * from a clock. What this relay hears from relays without `rooms` it answers for.
 */
import type { Crypto } from "../../proto/crypto_port.ts";
import { GlobalRooms } from "../../proto/global_rooms.ts";
import { callRoomName, isCallRoom } from "../../proto/room_name.ts";
import type { RoomParticipant, SignalOf } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Link, RelayKey } from "../link.ts";
import type { Outgoing } from "./flood.ts";
import type { Ground, IgnoredAnnouncement } from "./ground.ts";
import { GATHER_MS, LARGE_ROOM } from "./limits.ts";
import { boundedLabel, samePeople } from "./people.ts";
import { PlainAnnouncements } from "./plain_announcements.ts";
import { type LocalPerson, RoomKnowledge } from "./room_knowledge.ts";
import { RouteTable } from "./route_table.ts";
import type { Mesh, Routing } from "./routing.ts";
import { StateExchange } from "./state_exchange.ts";

export interface RoomReducerOptions {
  readonly clock: Pick<Clock, "now" | "wall">;
  readonly crypto: Pick<Crypto, "sha256">;
  readonly self: RelayKey;
  readonly mesh: Pick<Mesh, "reachable" | "nextHop">;
  /** What a relay goes by where neither the configuration nor an announcement says it. */
  readonly labelOf: (relay: RelayKey) => string;
  readonly onIgnored: (reason: IgnoredAnnouncement) => void;
}

export interface Flushed {
  readonly messages: readonly Outgoing[];
  /** Rooms whose clients are to be told again who is there. */
  readonly refresh: readonly string[];
}

export class RoomReducer {
  readonly #options: RoomReducerOptions;
  readonly #known: RoomKnowledge;
  readonly #states: StateExchange;
  readonly #plain: PlainAnnouncements;
  readonly #routes: RouteTable;
  /** Rooms to look at in the next flush, and when they are to be announced. */
  readonly #touched = new Set<string>();
  readonly #due = new Map<string, number>();
  /** By room, what clients see of other relays. */
  readonly #views = new Map<string, readonly RoomParticipant[]>();
  /** By room, at how many relays it is active. */
  readonly #active = new Map<string, number>();
  #activeRooms = 0;

  constructor(options: RoomReducerOptions) {
    this.#options = options;
    this.#known = new RoomKnowledge(options);
    this.#routes = new RouteTable(options.crypto);
    const { clock, self, onIgnored } = options;
    const ground: Ground = {
      clock,
      self,
      onIgnored,
      known: this.#known,
      touch: (room) => this.#touch(room),
    };
    this.#states = new StateExchange(ground);
    this.#plain = new PlainAnnouncements(ground);
  }

  get routing(): Routing {
    return this.#routes;
  }

  /** Rooms that are active at other relays, summed over the relays. */
  get activeRooms(): number {
    return this.#activeRooms;
  }

  /** The name under which a room is shared or, for one that is not, its own. */
  canonicalRoom(room: string): string {
    return this.#known.globals.canonicalOf(room) ?? room;
  }

  /** Participants of a room at other relays, each once. */
  remote(room: string): readonly RoomParticipant[] {
    return this.#touched.has(room) ? this.#known.remote(room) : this.#views.get(room) ?? [];
  }

  /** Takes over the list of global rooms, the relay's own name and what others go by here. */
  configure(
    globalRooms: readonly string[],
    name: string | null,
    labels: ReadonlyMap<RelayKey, string>,
  ): void {
    const known = this.#known;
    const before = [...known.sharedRooms()];
    this.#states.name = boundedLabel(name ?? "");
    known.labels = labels;
    known.globals = new GlobalRooms(this.#options.crypto, globalRooms);
    for (const room of before) if (!known.shared(room)) this.#leave(room);
    this.#plain.rename();
    for (const entry of [...known.states.all()]) this.#states.refile(entry);
    this.#touchAll();
  }

  up(link: Link): void {
    this.#known.links.set(link.relay, link);
    this.#plain.up(link);
    this.#states.recheckAll();
    this.#states.tellAll(link);
    this.#touchAll();
  }

  renewed(link: Link): void {
    this.#plain.renewed(link);
    this.#states.tellAll(link);
  }

  down(link: Link): void {
    const { links } = this.#known;
    if (links.get(link.relay) !== link) return;
    this.#plain.down(link);
    links.delete(link.relay);
    this.#states.drop(link);
    this.#states.recheckAll();
    this.#touchAll();
  }

  /** Some relay may be reachable or unreachable since now, or by another way. */
  meshChanged(): void {
    this.#states.recheckAll();
    for (const room of this.#known.sharedRooms()) this.#touched.add(room);
  }

  /** Who is in a room of this relay now. */
  local(room: string, people: readonly LocalPerson[]): void {
    const { locals } = this.#known;
    if (people.length > 0) locals.set(room, people);
    else locals.delete(room);
    this.#touch(room);
  }

  /** The relays that a call goes through besides this one; none when it has ended. */
  scope(callId: string, relays: readonly RelayKey[]): void {
    const room = callRoomName(callId);
    if (room === null) return;
    const { links, scopes, states } = this.#known;
    const before = scopes.get(room) ?? new Set<RelayKey>();
    const after = new Set(relays);
    const counted = states.of(room).filter(({ shown }) => shown);
    const ended = [...links.values()].filter((it) => before.has(it.relay) && !after.has(it.relay));
    this.#states.withdraw(room, ended);
    if (after.size > 0) scopes.set(room, after);
    else {
      scopes.delete(room);
      this.#plain.forget(room);
      for (const entry of states.of(room)) states.remove(entry);
    }
    for (const entry of states.of(room)) this.#states.refile(entry);
    for (const link of links.values()) {
      if (after.has(link.relay) && !before.has(link.relay)) {
        this.#states.tellOfCall(link, room, counted);
      }
    }
    this.#touch(room);
  }

  roomState(link: Link, message: SignalOf<"RoomState">): void {
    this.#states.heard(link, message);
  }

  active(link: Link, message: SignalOf<"GlobalRoomActive">): void {
    this.#plain.active(link, message);
  }

  inactive(link: Link, message: SignalOf<"GlobalRoomInactive">): void {
    this.#plain.inactive(link, message);
  }

  /** To be called about once a second: what time alone changes. */
  tick(): void {
    const now = this.#options.clock.now();
    this.#plain.tick(now);
    this.#states.tidy(now);
  }

  /** Clock time at which `flush` has something to do; null when nothing waits. */
  nextDue(): number | null {
    const now = this.#options.clock.now();
    if (this.#touched.size > 0 || !this.#states.idle || !this.#plain.idle) return now;
    return this.#due.size === 0 ? null : Math.max(now, Math.min(...this.#due.values()));
  }

  /** What follows from everything that happened since the last time. */
  flush(): Flushed {
    const now = this.#options.clock.now();
    const refresh = [...this.#touched].filter((room) => this.#look(room));
    this.#touched.clear();
    // Whatever clients see change is news for links as well: labels, for example.
    for (const room of refresh) if (!this.#due.has(room)) this.#due.set(room, now);
    for (const [room, due] of this.#due) {
      if (due > now) continue;
      this.#due.delete(room);
      this.#states.originate(room);
      this.#plain.announce(room);
    }
    return { messages: [...this.#plain.take(), ...this.#states.take()], refresh };
  }

  /** Clients, sound and links are told of it: at once, or a little later where many may change together. */
  #touch(room: string): void {
    this.#touched.add(room);
    const now = this.#options.clock.now();
    const many = (this.#known.locals.get(room)?.length ?? 0) + (this.#views.get(room)?.length ?? 0);
    const due = many > LARGE_ROOM ? now + GATHER_MS : now;
    this.#due.set(room, Math.min(due, this.#due.get(room) ?? due));
  }

  #touchAll(): void {
    for (const room of this.#known.sharedRooms()) this.#touch(room);
  }

  /** Takes part in a room no more. */
  #leave(room: string): void {
    const { links, states } = this.#known;
    this.#states.withdraw(room, links.values());
    const own = states.get(room, this.#options.self);
    if (own !== null) states.remove(own);
    this.#touch(room);
  }

  /** Brings what is read of a room up to date; whether its clients see something new. */
  #look(room: string): boolean {
    const known = this.#known;
    const shared = known.shared(room);
    const announced = shared ? known.announced(room) : new Map<RelayKey, number>();
    if (shared) this.#routes.set(room, isCallRoom(room), known.targets(room), announced);
    else this.#routes.remove(room);
    this.#activeRooms += announced.size - (this.#active.get(room) ?? 0);
    if (announced.size > 0) this.#active.set(room, announced.size);
    else this.#active.delete(room);
    const view = known.remote(room);
    const before = this.#views.get(room) ?? [];
    if (view.length > 0) this.#views.set(room, view);
    else this.#views.delete(room);
    return !samePeople(before, view);
  }
}
