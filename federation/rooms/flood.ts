/** States on their way to links with `rooms`: gathered over a turn, the newest of each relay and room. */
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import type { Link } from "../link.ts";
import { wireRelay } from "../relay_key.ts";
import type { StateEntry } from "./room_states.ts";

export interface Outgoing {
  readonly link: Link;
  readonly message: KnownSignal;
  /** Of several that wait the newest counts. */
  readonly kind: string;
}

type State = Pick<StateEntry, "relay" | "room" | "label" | "seq" | "members">;

export class Flood {
  readonly #waiting = new Map<Link, Map<string, State>>();

  get empty(): boolean {
    return this.#waiting.size === 0;
  }

  /** An older one that waits gives way. */
  add(link: Link, state: State): void {
    const states = this.#waiting.get(link) ?? new Map<string, State>();
    const key = kindOf(state);
    if ((states.get(key)?.seq ?? -1) > state.seq) return;
    this.#waiting.set(link, states.set(key, state));
  }

  /** The other end has this one, or a newer one. */
  knows(link: Link, { relay, room, seq }: Pick<StateEntry, "relay" | "room" | "seq">): void {
    const states = this.#waiting.get(link);
    const key = kindOf({ relay, room });
    if (states !== undefined && (states.get(key)?.seq ?? Infinity) <= seq) states.delete(key);
  }

  drop(link: Link): void {
    this.#waiting.delete(link);
  }

  take(): Outgoing[] {
    const out = [...this.#waiting].flatMap(([link, states]) =>
      [...states.values()].map((state) => ({
        link,
        message: messageOf(state),
        kind: kindOf(state),
      }))
    );
    this.#waiting.clear();
    return out;
  }
}

function kindOf({ relay, room }: Pick<StateEntry, "relay" | "room">): string {
  return `RoomState ${relay} ${room}`;
}

function messageOf({ relay, room, label, seq, members }: State): SignalOf<"RoomState"> {
  return { type: "RoomState", relay: wireRelay(relay), label, seq, room, members };
}
