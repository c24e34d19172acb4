/** Between relays with `rooms`: every relay floods the states of its own rooms, and the newest of each counts. */
import { isCallRoom } from "../../proto/room_name.ts";
import type { RoomMember, SignalOf } from "../../proto/signal/mod.ts";
import type { Link, RelayKey } from "../link.ts";
import { MAX_AHEAD_MS, OWN_SLACK_MS } from "../ahead.ts";
import { relayKeyOf } from "../relay_key.ts";
import { Flood, type Outgoing } from "./flood.ts";
import type { Ground } from "./ground.ts";
import { Hearsay } from "./hearsay.ts";
import { FORGET_MS, MAX_SEQ, TOMBSTONE_MS } from "./limits.ts";
import { boundedLabel, readMembers, samePeople } from "./people.ts";
import type { StateEntry } from "./room_states.ts";

export class StateExchange {
  readonly #ground: Ground;
  readonly #flood = new Flood();
  readonly #hearsay = new Hearsay();
  #lastSeq = 0;
  /** What this relay calls itself; empty leaves it to its neighbours. */
  name = "";

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  get idle(): boolean {
    return this.#flood.empty;
  }

  take(): Outgoing[] {
    return this.#flood.take();
  }

  drop(link: Link): void {
    this.#flood.drop(link);
    this.#hearsay.drop(link);
    for (const entry of this.#ground.known.states.all()) {
      if (entry.from === link) entry.from = null;
      entry.also?.delete(link);
    }
    for (const { from, message } of this.#hearsay.take(link.relay)) this.heard(from, message);
  }

  heard(link: Link, message: SignalOf<"RoomState">): void {
    const { clock, known, onIgnored, self, touch } = this.#ground;
    const { seq } = message;
    if (known.links.get(link.relay) !== link || !link.can("rooms")) return onIgnored("unexpected");
    const relay = relayKeyOf(message.relay);
    const room = known.nameOf(message.room);
    if (relay === null || room === null || seq > MAX_SEQ) return onIgnored("malformed");
    if (relay === self) return this.#heardOfSelf(link, room, message);
    const isItsOwn = relay === link.relay;
    if (!isItsOwn && seq - clock.wall() > MAX_AHEAD_MS) return onIgnored("malformed");
    if (isItsOwn) this.#hearsay.settle(relay, room, seq);
    const older = known.states.get(room, relay);
    if (older !== null && seq <= older.seq) {
      this.#heardAgain(link, older, seq);
      // What a neighbour says counts, also when its clock was set back: the older one is not from this connection.
      if (!isItsOwn || seq === older.seq || older.from === link) return;
    } else if (!isItsOwn && this.#heardOfNeighbour(link, relay, room, message)) return;
    if (!known.concerns(room, link)) {
      onIgnored("not_shared");
      // Who is not on the path of a call changes nothing that is known from it.
      if (older?.shown) return;
    }
    const now = clock.now();
    const entry: StateEntry = {
      relay,
      room,
      announced: message.room,
      // Without a name of its own a relay goes by what its neighbour calls it.
      label: boundedLabel(message.label) || (relay === link.relay ? boundedLabel(link.label) : ""),
      seq,
      members: readMembers(message.members),
      from: link,
      also: isCallRoom(room) ? new Set() : null,
      teller: link.relay,
      aside: !known.shared(room),
      shown: false,
      shownSince: now,
      toldAt: now,
    };
    this.#flood.knows(link, entry);
    if (older?.shown) touch(room);
    if (known.states.put(entry)) this.#recheck(entry);
    else onIgnored("over_limit");
  }

  /** Some relay may have become reachable or unreachable. */
  recheckAll(): void {
    const { known } = this.#ground;
    const reachable = new Map<RelayKey, boolean>();
    for (const entry of known.states.all()) {
      const { relay } = entry;
      if (!reachable.has(relay)) reachable.set(relay, known.reachable(relay));
      this.#recheck(entry, reachable.get(relay)!);
    }
  }

  /** After the names or scopes of rooms changed: puts a room's states where they belong now. */
  refile(entry: StateEntry): void {
    const { known, self } = this.#ground;
    const room = known.nameOf(entry.announced) ?? entry.room;
    const aside = entry.relay !== self && !known.shared(room);
    if (room !== entry.room || aside !== entry.aside) {
      known.states.remove(entry);
      const other = known.states.get(room, entry.relay);
      if (other !== null && other.seq >= entry.seq) return;
      const filed = { ...entry, room, aside, shown: false };
      if (known.states.put(filed)) this.#recheck(filed);
    } else this.#recheck(entry);
  }

  /** Tells a link everything it may hear of. */
  tellAll(link: Link): void {
    this.tell(link, this.#ground.known.states.all());
  }

  /** Lists of empty rooms too, since the other end may hold older ones. */
  tell(link: Link, entries: Iterable<StateEntry>): void {
    if (!link.can("rooms")) return;
    const { known } = this.#ground;
    for (const entry of entries) {
      if (entry.shown && entry.from !== link && known.concerns(entry.room, link)) {
        this.#flood.add(link, entry);
      }
    }
  }

  /**
   * Tells a link that a call goes over from now on what counts, and what did on the path until now: whoever has a newer
   * one answers with that, which may have come before the path moved.
   */
  tellOfCall(link: Link, room: string, before: readonly StateEntry[]): void {
    if (!link.can("rooms")) return;
    for (const entry of before) this.#flood.add(link, entry);
    this.tell(link, this.#ground.known.states.of(room));
  }

  /** Floods the state of this relay's own room if it changed, or in any case. */
  originate(room: string, anyway = false): void {
    const { clock, known, self } = this.#ground;
    const members = known.shared(room) ? known.ownMembers(room) : [];
    const older = known.states.get(room, self);
    const same = samePeople(older?.members ?? [], members) &&
      (older === null || older.label === this.name);
    if (same && !anyway) return;
    const now = clock.now();
    const entry: StateEntry = {
      ...this.#ownState(room, members),
      announced: room,
      from: null,
      also: null,
      teller: self,
      aside: false,
      shown: true,
      shownSince: now,
      toldAt: now,
    };
    known.states.put(entry, Infinity);
    this.#spread(entry);
  }

  /** Takes back what links were told of this relay's own room. */
  withdraw(room: string, links: Iterable<Link>): void {
    const { known, self } = this.#ground;
    const own = known.states.get(room, self);
    if (own === null) return;
    const empty = this.#ownState(room, []);
    for (const link of links) if (link.can("rooms")) this.#flood.add(link, empty);
  }

  /** Forgets what has been unreachable, or empty, for long. */
  tidy(now: number): void {
    const { known, self } = this.#ground;
    const past = [...known.states.all()].filter((entry) => {
      const { members, relay, room, shown, shownSince, toldAt } = entry;
      if (members.length === 0 && now - toldAt >= TOMBSTONE_MS) return true;
      if (shown || relay === self || now - shownSince < FORGET_MS) return false;
      // What is only not shared here is kept: it may be after a reload.
      return isCallRoom(room) || !known.reachable(relay);
    });
    for (const entry of past) known.states.remove(entry);
  }

  #recheck(entry: StateEntry, reachable?: boolean): void {
    const { clock, known, touch } = this.#ground;
    const shown = known.counts(entry, reachable);
    if (shown === entry.shown) return;
    entry.shown = shown;
    entry.shownSince = clock.now();
    touch(entry.room);
    // Also when it was only out of reach for a while: others may have forgotten it meanwhile.
    if (shown) this.#spread(entry);
  }

  #spread(entry: StateEntry): void {
    for (const link of this.#ground.known.links.values()) this.tell(link, [entry]);
  }

  /** Not newer than what is known: the other end learns of the newer one, and nothing goes back for an equal one. */
  #heardAgain(link: Link, known: StateEntry, seq: number): void {
    if (seq < known.seq) return this.tell(link, [known]);
    this.#flood.knows(link, known);
    known.also?.add(link);
    this.#recheck(known);
  }

  /**
   * A neighbour speaks for itself. It is told what others say of it, so that it can go above that; their word counts
   * when the link with it turns out to be gone. Whether it is one.
   */
  #heardOfNeighbour(
    link: Link,
    relay: RelayKey,
    room: string,
    message: SignalOf<"RoomState">,
  ): boolean {
    const { known } = this.#ground;
    const neighbour = known.links.get(relay);
    if (neighbour === undefined || !neighbour.can("rooms")) return false;
    // Calls go over the relays of their way only.
    if (isCallRoom(room) && !known.concerns(room, neighbour)) return false;
    const { label, seq, members } = message;
    this.#hearsay.put(relay, room, { from: link, message });
    const told = { relay, room, label: boundedLabel(label), seq, members: readMembers(members) };
    this.#flood.add(neighbour, told);
    return true;
  }

  /** Of an earlier life, or older than what this relay says now. */
  #heardOfSelf(link: Link, room: string, { seq, members }: SignalOf<"RoomState">): void {
    const { clock, known, onIgnored, self } = this.#ground;
    const own = known.states.get(room, self);
    if (own !== null && seq <= own.seq) {
      if (seq < own.seq) this.tell(link, [own]);
      return;
    }
    // Above this the others would not follow.
    if (seq - clock.wall() > MAX_AHEAD_MS + OWN_SLACK_MS) return onIgnored("malformed");
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    if (own !== null) return this.originate(room, true);
    const empty = this.#ownState(room, []);
    // What is true is confirmed under the number it has: the other end takes it from nobody else.
    this.#flood.add(link, members.length > 0 ? empty : { ...empty, seq });
  }

  #ownState(room: string, members: readonly RoomMember[]) {
    const { clock, self } = this.#ground;
    this.#lastSeq = Math.max(this.#lastSeq + 1, Math.floor(clock.wall()));
    return { relay: self, room, label: this.name, seq: this.#lastSeq, members };
  }
}
