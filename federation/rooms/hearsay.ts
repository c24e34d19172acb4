/** What others say of the rooms of a neighbour, who says it itself: kept in case the link with that neighbour is dead. */
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Link, RelayKey } from "../link.ts";

/** Of each link; there is something for as long as news takes to come over the neighbour's own link. */
const MAX_PER_LINK = 64;

interface Told {
  readonly from: Link;
  readonly message: SignalOf<"RoomState">;
}

export class Hearsay {
  readonly #told = new Map<RelayKey, Map<string, Told>>();
  readonly #counts = new Map<Link, number>();

  put(relay: RelayKey, room: string, told: Told): void {
    const before = this.#told.get(relay)?.get(room);
    if (before !== undefined && before.message.seq >= told.message.seq) return;
    if (before !== undefined) this.#remove(relay, room);
    const count = this.#counts.get(told.from) ?? 0;
    if (count >= MAX_PER_LINK) return;
    this.#counts.set(told.from, count + 1);
    const rooms = this.#told.get(relay) ?? new Map<string, Told>();
    this.#told.set(relay, rooms.set(room, told));
  }

  /** The neighbour has said this itself. */
  settle(relay: RelayKey, room: string, seq: number): void {
    const told = this.#told.get(relay)?.get(room);
    if (told !== undefined && told.message.seq <= seq) this.#remove(relay, room);
  }

  /** The link with that relay is gone: what others say of it counts now. */
  take(relay: RelayKey): Told[] {
    const told = [...this.#told.get(relay) ?? []];
    for (const [room] of told) this.#remove(relay, room);
    return told.map(([, one]) => one);
  }

  /** Forgets what came over a link. */
  drop(link: Link): void {
    for (const [relay, rooms] of [...this.#told]) {
      for (const [room, { from }] of [...rooms]) if (from === link) this.#remove(relay, room);
    }
  }

  #remove(relay: RelayKey, room: string): void {
    const rooms = this.#told.get(relay)!;
    const { from } = rooms.get(room)!;
    rooms.delete(room);
    if (rooms.size === 0) this.#told.delete(relay);
    const left = this.#counts.get(from)! - 1;
    if (left === 0) this.#counts.delete(from);
    else this.#counts.set(from, left);
  }
}
