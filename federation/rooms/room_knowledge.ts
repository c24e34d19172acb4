/** All that is known of shared rooms, and what follows from it for clients, links and sound. Decides nothing. */
import { GlobalRooms } from "../../proto/global_rooms.ts";
import { callIdOf, callRoomName, isCallRoom } from "../../proto/room_name.ts";
import type { Crypto } from "../../proto/crypto_port.ts";
import type { RoomMember, RoomParticipant } from "../../proto/signal/mod.ts";
import type { Link, RelayKey } from "../link.ts";
import type { HeldBack } from "./held_back.ts";
import { Gathered } from "./people.ts";
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
  /** What a relay goes by here, configured or as it says itself; null when unknown. */
  readonly labelOf: (relay: RelayKey) => string | null;
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
  counts({ relay, room, from }: StateEntry, reachable = this.reachable(relay)): boolean {
    if (relay === this.#parts.self) return true;
    if (!this.shared(room) || !reachable) return false;
    return !isCallRoom(room) || (from !== null && this.concerns(room, from));
  }

  /** Participants at other relays, as clients see them. */
  remote(room: string): readonly RoomParticipant[] {
    if (!this.shared(room)) return NOBODY;
    const gathered = new Gathered<RoomParticipant>();
    const others = this.#shown(room);
    for (const entry of others) {
      for (const person of entry.members) {
        if (person.via === null) gathered.add(this.#asParticipant(entry, person));
      }
    }
    for (const plain of this.plain.values()) {
      if (!this.concerns(room, plain.link)) continue;
      for (const person of plain.people(room)) gathered.add(asParticipantOf(plain.link, person));
    }
    for (const entry of others) {
      for (const person of entry.members) {
        if (person.via !== null) gathered.add(this.#asParticipant(entry, person));
      }
    }
    return gathered.list;
  }

  /** Whom this relay answers for: its own clients, and whom relays without `rooms` announced to it. */
  ownMembers(room: string): readonly RoomMember[] {
    const gathered = new Gathered<RoomMember>();
    for (const { fingerprint, alias } of this.locals.get(room) ?? NOBODY) {
      gathered.add({ fingerprint, alias, relay_label: null, via: null });
    }
    for (const { link, people } of this.#plainLists(room)) {
      for (const { fingerprint, alias, relay_label } of people) {
        gathered.add({
          fingerprint,
          alias,
          relay_label: relay_label ?? link.label,
          via: link.relay,
        });
      }
    }
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
      if (!sure && held?.holds(person.fingerprint, now)) return;
      gathered.add(person);
    };
    for (const entry of this.#shown(room)) {
      for (const person of entry.members) {
        if (person.via === link.relay || entry.relay === link.relay) continue;
        take(this.#asParticipant(entry, person), person.via === null);
      }
    }
    for (const other of this.#plainLists(room)) {
      if (other.link === link) continue;
      for (const person of other.people) take(asParticipantOf(other.link, person), false);
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

  /** The lists of links without `rooms` that are not empty. */
  #plainLists(room: string): { link: Link; people: readonly RoomMember[] }[] {
    const lists = [];
    for (const plain of this.plain.values()) {
      const people = this.concerns(room, plain.link) ? plain.people(room) : NOBODY;
      if (people.length > 0) lists.push({ link: plain.link, people });
    }
    return lists;
  }

  #asParticipant(entry: StateEntry, person: RoomMember): RoomParticipant {
    const { fingerprint, alias, relay_label, via } = person;
    const label = relay_label ??
      (via === null ? this.#label(entry.relay, entry.label) : this.#label(via, ""));
    return { fingerprint, alias, relay_label: label };
  }

  #label(relay: RelayKey, told: string): string {
    const known = this.links.get(relay)?.label ?? this.#parts.labelOf(relay) ?? told;
    return known === "" ? relay.slice(0, 16) : known;
  }
}

function asParticipantOf(link: Link, person: RoomMember): RoomParticipant {
  const { fingerprint, alias, relay_label } = person;
  return { fingerprint, alias, relay_label: relay_label ?? link.label };
}
