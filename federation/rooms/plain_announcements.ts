/** Between this relay and those without `rooms`: their lists per link, and the merged lists they get. */
import { isCallRoom } from "../../proto/room_name.ts";
import type { KnownSignal, RoomMember, SignalOf } from "../../proto/signal/mod.ts";
import type { Link } from "../link.ts";
import type { Outgoing } from "./flood.ts";
import type { Ground } from "./ground.ts";
import { HeldBack } from "./held_back.ts";
import { FORGET_MS } from "./limits.ts";
import { readParticipants } from "./people.ts";
import { PlainLink } from "./plain_link.ts";

export class PlainAnnouncements {
  readonly #ground: Ground;
  readonly #out: Outgoing[] = [];

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  get idle(): boolean {
    return this.#out.length === 0;
  }

  take(): Outgoing[] {
    return this.#out.splice(0);
  }

  up(link: Link): void {
    const { known } = this.#ground;
    if (!link.can("rooms")) known.plain.set(link, new PlainLink(link));
  }

  renewed(link: Link): void {
    const { clock, known, touch } = this.#ground;
    const plain = known.plain.get(link);
    plain?.renewed(clock.now());
    for (const room of plain?.toldRooms() ?? []) touch(room);
  }

  down(link: Link): void {
    const { known } = this.#ground;
    const plain = known.plain.get(link);
    if (plain === undefined) return;
    known.plain.delete(link);
    for (const room of plain.rooms()) this.#vanished(plain, room, plain.people(room), []);
  }

  active(link: Link, { room: spelling, participants }: SignalOf<"GlobalRoomActive">): void {
    const { clock, known, onIgnored } = this.#ground;
    this.#change(link, spelling, (plain, room) => {
      const now = clock.now();
      const aside = !known.concerns(room, link);
      if (aside) onIgnored("not_shared");
      const locals = known.localFingerprints(room);
      const news = plain.withoutEchoes(room, readParticipants(participants), locals, now);
      const people = link.legacy ? plain.meaning(room, spelling, participants, news) : news;
      if (!plain.announce(room, spelling, people, now, aside)) onIgnored("over_limit");
    });
  }

  inactive(link: Link, { room: spelling }: SignalOf<"GlobalRoomInactive">): void {
    this.#change(link, spelling, (plain, room) => plain.inactive(room, spelling));
  }

  /** Tells every such link who is in a room, if that changed for it. */
  announce(room: string): void {
    const { clock, known } = this.#ground;
    const now = clock.now();
    for (const plain of known.plain.values()) {
      const list = known.listFor(plain, room, now);
      if (!plain.tell(room, list, now)) continue;
      const message: KnownSignal = list.length > 0
        ? { type: "GlobalRoomActive", room, participants: list }
        : { type: "GlobalRoomInactive", room };
      this.#out.push({ link: plain.link, message, kind: `GlobalRoom ${room}` });
    }
  }

  /** Drops what was announced of a room. */
  forget(room: string): void {
    for (const plain of this.#ground.known.plain.values()) plain.forget(room);
  }

  /** After the names of rooms changed. */
  rename(): void {
    const { known } = this.#ground;
    for (const plain of known.plain.values()) {
      plain.rename((spelling) => known.nameOf(spelling) ?? spelling);
    }
  }

  /** Forgets what has expired. */
  tick(now: number): void {
    const { known, touch } = this.#ground;
    for (const [room, held] of known.vanished) {
      if (held.expire(now)) touch(room);
      if (held.size === 0) known.vanished.delete(room);
    }
    for (const plain of known.plain.values()) {
      const gone = plain.tidy(
        now,
        (room, at) => isCallRoom(room) && now - at >= FORGET_MS && !known.shared(room),
      );
      for (const room of gone) touch(room);
    }
  }

  /** Runs a change of what a link announced, and draws the consequences. */
  #change(link: Link, spelling: string, run: (plain: PlainLink, room: string) => void): void {
    const { known, onIgnored, touch } = this.#ground;
    const plain = known.plain.get(link);
    const room = known.nameOf(spelling);
    if (plain === undefined) return onIgnored("unexpected");
    if (room === null) return onIgnored("malformed");
    const before = plain.people(room);
    run(plain, room);
    this.#vanished(plain, room, before, plain.people(room));
    if (known.concerns(room, link)) touch(room);
  }

  /** Whoever vanished from an original's list is no news to others for a while, whatever those still say. */
  #vanished(
    { link }: PlainLink,
    room: string,
    before: readonly RoomMember[],
    after: readonly RoomMember[],
  ): void {
    const { clock, known, touch } = this.#ground;
    const gone = new Set(before.map(({ fingerprint }) => fingerprint));
    for (const { fingerprint } of after) gone.delete(fingerprint);
    if (!known.concerns(room, link)) return;
    touch(room);
    if (gone.size === 0) return;
    const held = known.vanished.get(room) ?? new HeldBack();
    known.vanished.set(room, held);
    held.hold(gone, clock.now());
  }
}
