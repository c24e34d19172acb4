/** All that is known of shared rooms, and what follows from it for clients, links and sound. Decides nothing. */
import { GlobalRooms } from "../../proto/global_rooms.ts";
import { callIdOf, callRoomName, isCallRoom } from "../../proto/room_name.ts";
import type { Crypto } from "../../proto/crypto_port.ts";
import type { RoomMember, RoomParticipant } from "../../proto/signal/mod.ts";
import type { Link, RelayKey } from "../link.ts";
import type { HeldBack } from "./held_back.ts";
import { boundedLabel, Gathered } from "./people.ts";
import type { PlainLink } from "./plain_link.ts";
import { RoomStates, type StateEntry } from "./room_states.ts";
import type { Mesh } from "./routing.ts";

/** Somebody in a room of this relay. */
export interface LocalPerson {
  readonly fingerprint: string;
  readonly alias: string | null;
}

export interface KnowledgeParts {
  readonly crypto: Pick<Crypto, "sha256">;
  readonly self: RelayKey;
  readonly mesh: Pick<Mesh, "reachable" | "nextHop">;
  /** What a relay goes by where neither the configuration nor an announcement says it. */
  readonly labelOf: (relay: RelayKey) => string;
}

const NOBODY: readonly never[] = [];

export class RoomKnowledge {
  readonly states = new RoomStates();
  /** Links that are up. */
  readonly links = new Map<RelayKey, Link>();
  /** Those of them without `rooms`. */
  readonly plain = new Map<Link, PlainLink>();
  readonly locals = new Map<string, readonly LocalPerson[]>();
  /** By room of a call, the relays its path goes through. */
  readonly scopes = new Map<string, ReadonlySet<RelayKey>>();
  /** By room, who vanished from a relay of the original kind. */
  readonly vanished = new Map<string, HeldBack>();
  /** Labels of the configuration. */
  labels: ReadonlyMap<RelayKey, string> = new Map();
  globals: GlobalRooms;
  readonly #parts: KnowledgeParts;

  constructor(parts: KnowledgeParts) {
    this.#parts = parts;
    this.globals = new GlobalRooms(parts.crypto, []);
  }

  /** The name under which announcements of a room are kept; null for what cannot be a room. */
  nameOf(announced: string): string | null {
    if (announced === "" || announced.length > 253) return null;
    const callId = callIdOf(announced);
    if (callId !== null) return callRoomName(callId);
    return this.globals.canonicalOf(announced) ?? announced;
  }

  /** Whether this relay takes part in a room, by its canonical name. */
  shared(room: string): boolean {
    return isCallRoom(room) ? this.scopes.has(room) : this.globals.canonicalOf(room) === room;
  }

  /** Rooms this relay takes part in. */
  *sharedRooms(): Generator<string> {
    for (const room of this.globals.configured) if (this.shared(room)) yield room;
    yield* this.scopes.keys();
  }

  /** Whether a room is any of this link's business. */
  concerns(room: string, link: Link): boolean {
    if (!isCallRoom(room)) return this.globals.canonicalOf(room) === room;
    return this.scopes.get(room)?.has(link.relay) ?? false;
  }

  reachable(relay: RelayKey): boolean {
    return this.links.has(relay) || this.#parts.mesh.reachable(relay);
  }

  /** Whether what was told counts at this moment. */
  counts({ relay, room, from, also }: StateEntry, reachable = this.reachable(relay)): boolean {
    if (relay === this.#parts.self) return true;
    if (!this.shared(room) || !reachable) return false;
    if (!isCallRoom(room)) return true;
    return [from, ...also ?? []].some((link) => link !== null && this.concerns(room, link));
  }

  /** Participants at other relays, as clients see them. */
  remote(room: string): readonly RoomParticipant[] {
    if (!this.shared(room)) return NOBODY;
    const gathered = new Gathered<RoomParticipant>();
    const others = this.#shown(room).map((entry) => this.#participants(entry));
    // Whom relays with `rooms` have themselves is sure; what others only heard comes last.
    for (const { there } of others) there.forEach((person) => gathered.add(person));
    for (const { people } of this.#plainLists(room)) {
      people.forEach((person) => gathered.add(asParticipant(person)));
    }
    for (const { heardOf } of others) heardOf.forEach(({ person }) => gathered.add(person));
    return gathered.list;
  }

  /** Whom this relay answers for: its own clients, and whom relays without `rooms` announced to it. */
  ownMembers(room: string): readonly RoomMember[] {
    const gathered = new Gathered<RoomMember>();
    for (const { fingerprint, alias } of this.locals.get(room) ?? NOBODY) {
      gathered.add({ fingerprint, alias, relay_label: null, via: null });
    }
    for (const { people } of this.#plainLists(room)) people.forEach((one) => gathered.add(one));
    return gathered.list;
  }

  /** The merged list for a link without `rooms`: everybody but those it knows already. */
  listFor(plain: PlainLink, room: string, now: number): readonly RoomParticipant[] {
    const { link } = plain;
    if (!this.concerns(room, link)) return NOBODY;
    const gathered = new Gathered<RoomParticipant>();
    for (const { fingerprint, alias } of this.locals.get(room) ?? NOBODY) {
      gathered.add({ fingerprint, alias, relay_label: null });
    }
    const itsOwn = new Set(plain.people(room).map(({ fingerprint }) => fingerprint));
    const held = this.vanished.get(room);
    const take = (person: RoomParticipant, sure: boolean) => {
      if (itsOwn.has(person.fingerprint)) return;
      if (sure || !held?.holds(person.fingerprint, now)) gathered.add(person);
    };
    const others = this.#shown(room).map((entry) => this.#participants(entry));
    for (const { there } of others) there.forEach((person) => take(person, true));
    for (const other of this.#plainLists(room)) {
      if (other.link !== link) other.people.forEach((one) => take(asParticipant(one), false));
    }
    for (const { heardOf } of others) {
      for (const { person, via } of heardOf) if (via !== link.relay) take(person, false);
    }
    return gathered.list;
  }

  /** Links that have, or lead to, listeners. */
  targets(room: string): readonly Link[] {
    if (isCallRoom(room)) return [...this.links.values()].filter((it) => this.concerns(room, it));
    const targets = new Set<Link>();
    for (const { relay, members } of this.#shown(room)) {
      if (members.length === 0) continue;
      const hop = this.#parts.mesh.nextHop(relay) ?? this.links.get(relay);
      if (hop !== undefined && this.links.get(hop.relay) === hop) targets.add(hop);
    }
    for (const { link } of this.#plainLists(room)) targets.add(link);
    return [...this.links.values()].filter((link) => link.legacy || targets.has(link));
  }

  /** How many participants each relay announced. */
  announced(room: string): Map<RelayKey, number> {
    const counts = new Map<RelayKey, number>();
    for (const { relay, members } of this.#shown(room)) {
      if (members.length > 0) counts.set(relay, members.length);
    }
    for (const { link, people } of this.#plainLists(room)) counts.set(link.relay, people.length);
    return counts;
  }

  /** Fingerprints of this relay's clients in a room. */
  localFingerprints(room: string): Set<string> {
    return new Set((this.locals.get(room) ?? NOBODY).map(({ fingerprint }) => fingerprint));
  }

  /** What other relays said of a room, as far as it counts. */
  #shown(room: string): StateEntry[] {
    const { self } = this.#parts;
    return this.states.of(room).filter(({ relay, shown }) => shown && relay !== self);
  }

  /** The lists of links without `rooms` that are not empty, everybody with a label. */
  #plainLists(room: string): { readonly link: Link; readonly people: readonly RoomMember[] }[] {
    const lists = [];
    for (const plain of this.plain.values()) {
      const { link } = plain;
      const people = this.concerns(room, link) ? plain.people(room) : NOBODY;
      if (people.length === 0) continue;
      const label = boundedLabel(link.label);
      lists.push({
        link,
        people: people.map((one) => (
          { ...one, relay_label: one.relay_label ?? label, via: link.relay }
        )),
      });
    }
    return lists;
  }

  /** People of a relay with the label they are shown under: those who are there, and those it only heard of. */
  #participants({ relay, label, members }: StateEntry) {
    const there: RoomParticipant[] = [];
    const heardOf: { readonly person: RoomParticipant; readonly via: RelayKey }[] = [];
    const itsLabel = this.#label(relay, label);
    for (const { fingerprint, alias, relay_label, via } of members) {
      if (via === null) there.push({ fingerprint, alias, relay_label: relay_label ?? itsLabel });
      else {
        const person = { fingerprint, alias, relay_label: relay_label ?? this.#label(via, "") };
        heardOf.push({ person, via });
      }
    }
    return { there, heardOf };
  }

  #label(relay: RelayKey, told: string): string {
    const known = this.labels.get(relay) ?? this.links.get(relay)?.label ?? told;
    return boundedLabel(known === "" ? this.#parts.labelOf(relay) : known);
  }
}

function asParticipant({ fingerprint, alias, relay_label }: RoomMember): RoomParticipant {
  return { fingerprint, alias, relay_label };
}
