/** A link to a relay without `rooms`, as every original one: the lists it announced and those it was told. */
import type { RoomMember, RoomParticipant } from "../../proto/signal/mod.ts";
import type { Link } from "../link.ts";
import { HeldBack } from "./held_back.ts";
import { HOLD_MS, MAX_ASIDE_PER_LINK, MAX_LISTS_PER_LINK, MAX_PEOPLE_PER_LINK } from "./limits.ts";
import { Gathered, samePeople } from "./people.ts";

interface Announced {
  people: readonly RoomMember[];
  readonly at: number;
  /** False after the connection was replaced, until it is announced again. */
  confirmed: boolean;
}

const NOBODY: readonly never[] = [];

export class PlainLink {
  readonly link: Link;
  /** By room, then by the spelling it was announced under: an original's raw and hashed rooms are two. */
  readonly #rooms = new Map<string, Map<string, Announced>>();
  readonly #told = new Map<string, readonly RoomParticipant[]>();
  /** Rooms it is to be told of again even if nothing changed. */
  readonly #again = new Set<string>();
  /** By room: who was told until lately, and until when that makes them echoes. */
  readonly #toldBefore = new Map<string, HeldBack>();
  #renewedAt = -Infinity;
  #people = 0;
  #lists = 0;

  constructor(link: Link) {
    this.link = link;
  }

  /** Rooms it has a list of. */
  rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  /** Whom it announced in a room, each once. */
  people(room: string): readonly RoomMember[] {
    const spellings = this.#rooms.get(room);
    if (spellings === undefined) return NOBODY;
    if (spellings.size === 1) { for (const { people } of spellings.values()) return people; }
    return together(...[...spellings.values()].map(({ people }) => people));
  }

  /** Replaces one list; false when this link has used up its share. An empty one takes no room. */
  announce(
    room: string,
    spelling: string,
    people: readonly RoomMember[],
    now: number,
    aside: boolean,
  ): boolean {
    this.withdraw(room, spelling);
    if (people.length === 0) return true;
    const most = aside ? MAX_ASIDE_PER_LINK : MAX_LISTS_PER_LINK;
    if (this.#lists >= most || this.#people + people.length > MAX_PEOPLE_PER_LINK) return false;
    this.#lists += 1;
    this.#people += people.length;
    const spellings = this.#rooms.get(room) ?? new Map<string, Announced>();
    this.#rooms.set(room, spellings.set(spelling, { people, at: now, confirmed: true }));
    return true;
  }

  withdraw(room: string, spelling: string): void {
    const spellings = this.#rooms.get(room);
    const list = spellings?.get(spelling);
    if (spellings === undefined || list === undefined) return;
    this.#lists -= 1;
    this.#people -= list.people.length;
    spellings.delete(spelling);
    if (spellings.size === 0) this.#rooms.delete(room);
  }

  /** Drops every list of a room. */
  forget(room: string): void {
    for (const spelling of [...this.#rooms.get(room)?.keys() ?? []]) this.withdraw(room, spelling);
  }

  /** Moves lists to the names that rooms have now. */
  rename(nameOf: (spelling: string) => string): void {
    const all = [...this.#rooms.values()].flatMap((spellings) => [...spellings]);
    this.#rooms.clear();
    for (const [spelling, list] of all) {
      const room = nameOf(spelling);
      const spellings = this.#rooms.get(room) ?? new Map<string, Announced>();
      this.#rooms.set(room, spellings.set(spelling, list));
    }
  }

  /** The connection was replaced: everything is to be told again, by both sides. */
  renewed(now: number): void {
    this.#renewedAt = now;
    for (const room of this.#told.keys()) this.#again.add(room);
    for (const spellings of this.#rooms.values()) {
      for (const list of spellings.values()) list.confirmed = false;
    }
  }

  /** What it was told last. */
  told(room: string): readonly RoomParticipant[] {
    return this.#told.get(room) ?? NOBODY;
  }

  /** Rooms in which it was told of somebody. */
  toldRooms(): string[] {
    return [...this.#told.keys()];
  }

  /** Writes down what it is told; false when it knows that already. */
  tell(room: string, list: readonly RoomParticipant[], now: number): boolean {
    const before = this.told(room);
    if (!this.#again.delete(room) && samePeople(before, list)) return false;
    const gone = new Set(before.map(({ fingerprint }) => fingerprint));
    for (const { fingerprint } of list) gone.delete(fingerprint);
    if (gone.size > 0) {
      const held = this.#toldBefore.get(room) ?? new HeldBack();
      this.#toldBefore.set(room, held);
      held.hold(gone, now);
    }
    if (list.length === 0) this.#told.delete(room);
    else this.#told.set(room, list);
    return true;
  }

  /**
   * Those in a list it announced who are not simply what it was told itself: originals send a list back to where it
   * came from. Its own clients carry no label there.
   */
  withoutEchoes(
    room: string,
    list: readonly RoomMember[],
    locals: ReadonlySet<string>,
    now: number,
  ): RoomMember[] {
    const told = new Set(this.told(room).map(({ fingerprint }) => fingerprint));
    const before = this.#toldBefore.get(room);
    return list.filter(({ fingerprint, relay_label }) =>
      relay_label === null ||
      !(told.has(fingerprint) || locals.has(fingerprint) || before?.holds(fingerprint, now))
    );
  }

  /**
   * What an original's list means. It names its own clients, without labels, when the first of them joins, and passes on
   * one other relay's list at a time; neither takes away the other. Only a list with both, or with its own clients a
   * second time, is everybody it knows.
   */
  meaning(
    room: string,
    spelling: string,
    announced: readonly RoomParticipant[],
    news: readonly RoomMember[],
  ): readonly RoomMember[] {
    const owned = announced.some(({ relay_label }) => relay_label === null);
    const passed = announced.some(({ relay_label }) => relay_label !== null);
    const before = this.#rooms.get(room)?.get(spelling)?.people ?? NOBODY;
    if (!owned) return together(before.filter(isItsOwn), news);
    const again = this.people(room).some(isItsOwn);
    return passed || again ? news : together(news, before.filter((person) => !isItsOwn(person)));
  }

  /**
   * What an original means by calling a room inactive: with clients of its own, that the last of them left, whoever is
   * elsewhere; without, that nobody is left at all.
   */
  inactive(room: string, spelling: string): void {
    const spellings = this.#rooms.get(room);
    const own = spellings?.get(spelling)?.people.filter(isItsOwn) ?? NOBODY;
    if (spellings === undefined || own.length === 0 || !this.link.legacy) {
      this.withdraw(room, spelling);
      // Originals forget what stands under the canonical name too.
      this.withdraw(room, room);
      return;
    }
    const left = new Set(own.map(({ fingerprint }) => fingerprint));
    for (const [each, list] of [...spellings]) {
      const rest = list.people.filter((one) => !isItsOwn(one) || !left.has(one.fingerprint));
      this.#people -= list.people.length - rest.length;
      list.people = rest;
      if (rest.length === 0) this.withdraw(room, each);
    }
  }

  /**
   * Forgets what has expired: echoes, lists that nobody repeated after the connection was replaced, and those that are
   * `outdated`. The rooms whose lists went.
   */
  tidy(now: number, outdated: (room: string, at: number) => boolean): string[] {
    for (const [room, before] of this.#toldBefore) {
      before.expire(now);
      if (before.size === 0) this.#toldBefore.delete(room);
    }
    const settled = now - this.#renewedAt >= HOLD_MS;
    const past = [...this.#rooms].flatMap(([room, spellings]) =>
      [...spellings].flatMap(([spelling, { at, confirmed }]) =>
        (settled && !confirmed) || outdated(room, at) ? [{ room, spelling }] : []
      )
    );
    for (const { room, spelling } of past) this.withdraw(room, spelling);
    return past.map(({ room }) => room);
  }
}

function together(...lists: (readonly RoomMember[])[]): readonly RoomMember[] {
  const gathered = new Gathered<RoomMember>();
  for (const list of lists) for (const person of list) gathered.add(person);
  return gathered.list;
}

/** Originals put no label on their own clients. */
function isItsOwn({ relay_label }: RoomMember): boolean {
  return relay_label === null;
}
