/** What relays said of who is in their rooms: the newest of each relay and room, and bounds on what one link may tell. */
import type { RoomMember } from "../../proto/signal/mod.ts";
import type { Link, RelayKey } from "../link.ts";
import { MAX_ASIDE_PER_LINK, MAX_LISTS_PER_LINK, MAX_PEOPLE_PER_LINK } from "./limits.ts";

/** The state of one room at one relay; replaced as a whole by a newer one. */
export interface StateEntry {
  readonly relay: RelayKey;
  /** Canonical when it is shared here, otherwise as it was announced. */
  readonly room: string;
  readonly announced: string;
  readonly label: string;
  readonly seq: number;
  /** Empty: nobody is there any more. */
  readonly members: readonly RoomMember[];
  /** The link it came over; null for this relay's own and once that link is gone. */
  from: Link | null;
  /** Of a call: other links that said the same, since the path of a call can move to them. */
  readonly also: Set<Link> | null;
  /** The relay at the other end of that link, whose share of the memory it takes. */
  readonly teller: RelayKey;
  /** Of a room that is not shared here. */
  readonly aside: boolean;
  /** Whether it counts now. */
  shown: boolean;
  /** Clock time of the last change of `shown`, and at which it was told. */
  shownSince: number;
  readonly toldAt: number;
}

interface Share {
  lists: number;
  people: number;
  readonly aside: Set<StateEntry>;
}

export class RoomStates {
  readonly #rooms = new Map<string, Map<RelayKey, StateEntry>>();
  readonly #shares = new Map<RelayKey, Share>();

  get(room: string, relay: RelayKey): StateEntry | null {
    return this.#rooms.get(room)?.get(relay) ?? null;
  }

  /** Of one room, in order of relay. */
  of(room: string): StateEntry[] {
    const entries = [...this.#rooms.get(room)?.values() ?? []];
    return entries.sort((a, b) => a.relay < b.relay ? -1 : 1);
  }

  *all(): Generator<StateEntry> {
    for (const entries of this.#rooms.values()) yield* entries.values();
  }

  /** Takes the place of the older one of this relay and room; false when the teller has used up its share. */
  put(entry: StateEntry, mostPeople = MAX_PEOPLE_PER_LINK): boolean {
    const { relay, room, teller, members, aside } = entry;
    const older = this.get(room, relay);
    if (older !== null) this.remove(older);
    const share = this.#share(teller);
    if (aside && share.aside.size >= MAX_ASIDE_PER_LINK) {
      for (const oldest of share.aside) {
        this.remove(oldest);
        break;
      }
    }
    const fits = share.lists < MAX_LISTS_PER_LINK &&
      share.people + members.length <= mostPeople;
    if (!fits) return false;
    share.lists += 1;
    share.people += members.length;
    if (aside) share.aside.add(entry);
    const entries = this.#rooms.get(room) ?? new Map<RelayKey, StateEntry>();
    this.#rooms.set(room, entries.set(relay, entry));
    this.#shares.set(teller, share);
    return true;
  }

  remove(entry: StateEntry): void {
    const { relay, room, teller, members } = entry;
    const entries = this.#rooms.get(room);
    if (entries?.get(relay) !== entry) return;
    entries.delete(relay);
    if (entries.size === 0) this.#rooms.delete(room);
    const share = this.#share(teller);
    share.lists -= 1;
    share.people -= members.length;
    share.aside.delete(entry);
    if (share.lists === 0) this.#shares.delete(teller);
  }

  #share(teller: RelayKey): Share {
    return this.#shares.get(teller) ?? { lists: 0, people: 0, aside: new Set() };
  }
}
