/**
 * The ways of calls at one relay: where each came from and where it went, so that what follows travels along the same
 * relays. Bounded for each relay that opens ways, so that none can keep the others from calling; each way ends in time.
 */
import type { Clock, Timer } from "../../quic/clock.ts";
import type { RelayKey } from "../link.ts";

/**
 * Calls that ring at a time of one neighbour, or of one relay behind it: more than ten thousand people begin in a
 * minute. A neighbour's own and those of each relay behind it count apart, so that none of them takes the others' place.
 */
export const MAX_UNANSWERED_PER_RELAY = 1_000;
/** Calls over one neighbour that pass through or end here: as many as a relay carries of its own. */
const MAX_WAYS_PER_RELAY = 10_000;

/** Relays give up a call themselves, after an hour at the latest; this is for those that do not. */
const UNANSWERED_MS = 3_660_000;
/** Nobody talks for longer, and its relays would have told. */
const ANSWERED_MS = 86_400_000;

/** `searching`: nobody is asked yet. `asked`: offered, not answered. `active`: accepted. */
type WayState = "searching" | "asked" | "active";

export interface WayInit {
  readonly id: string;
  /** Fingerprints of the parties; null where only the way is known. */
  readonly caller: string | null;
  readonly callee: string | null;
  /** The relay of the caller. */
  readonly origin: RelayKey;
  /** The neighbour it came from; null when the caller is at this relay. */
  readonly back: RelayKey | null;
  /** The relay before that neighbour, if it says that there is one. */
  readonly behind?: RelayKey | null;
  readonly calleeHere?: boolean;
  /** The relay of the callee, if it is known. */
  readonly target?: RelayKey | null;
  /** Neighbours that have the offer. */
  readonly asked?: readonly RelayKey[];
  readonly path?: readonly RelayKey[];
  readonly state: WayState;
}

export interface Way {
  readonly id: string;
  readonly caller: string | null;
  readonly callee: string | null;
  origin: RelayKey;
  back: RelayKey | null;
  readonly calleeHere: boolean;
  target: RelayKey | null;
  /** Several only while relays of the original kind are asked; none once the callee is at this relay. */
  asked: readonly RelayKey[];
  state: WayState;
  /** From the caller's relay to the callee's, at the two ends; empty while it is not known. */
  path: readonly RelayKey[];
  /** Clock time since when an accepted call has no way that holds; null while it has one. */
  brokenSince: number | null;
  /** The parties were told to meet at a relay that is at neither end. */
  meetsElsewhere: boolean;
}

interface Kept {
  readonly way: Way;
  /** Among whose ways it counts; stays when the way moves to another neighbour. */
  readonly openedBy: string;
  readonly ringsFor: string;
  unanswered: boolean;
  timer: Timer;
}

export class CallWays {
  readonly #clock: Clock;
  /** Its time is over, and nobody said so. */
  readonly #onExpired: (way: Way) => void;
  readonly #ways = new Map<string, Kept>();
  readonly #unanswered = new Map<string, number>();
  readonly #open = new Map<string, number>();

  constructor(clock: Clock, onExpired: (way: Way) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  get size(): number {
    return this.#ways.size;
  }

  get(id: string): Way | null {
    return this.#ways.get(id)?.way ?? null;
  }

  *all(): Generator<Way> {
    for (const { way } of this.#ways.values()) yield way;
  }

  /** Those over a neighbour, in either direction. */
  over(relay: RelayKey): Way[] {
    return [...this.all()].filter(({ back, asked }) => back === relay || asked.includes(relay));
  }

  /** Whether this neighbour may open another one. Calls of this relay's own clients are bounded where they begin. */
  hasRoom(neighbour: RelayKey, behind: RelayKey | null): boolean {
    const ringing = this.#unanswered.get(place(neighbour, behind)) ?? 0;
    const open = this.#open.get(neighbour) ?? 0;
    return ringing < MAX_UNANSWERED_PER_RELAY && open < MAX_WAYS_PER_RELAY;
  }

  open(init: WayInit): Way {
    if (this.#ways.has(init.id)) throw new TypeError("The way of a call cannot be overwritten");
    const way: Way = {
      id: init.id,
      caller: init.caller,
      callee: init.callee,
      origin: init.origin,
      back: init.back,
      calleeHere: init.calleeHere ?? false,
      target: init.target ?? null,
      asked: init.asked ?? [],
      state: init.state,
      path: init.path ?? [],
      brokenSince: null,
      meetsElsewhere: false,
    };
    const unanswered = way.state !== "active";
    const openedBy = way.back ?? "";
    const ringsFor = place(openedBy, init.behind ?? null);
    this.#ways.set(way.id, { way, openedBy, ringsFor, unanswered, timer: this.#expire(way) });
    add(this.#open, openedBy, 1);
    if (unanswered) add(this.#unanswered, ringsFor, 1);
    return way;
  }

  /** The callee has accepted. */
  answered(way: Way): void {
    const kept = this.#ways.get(way.id);
    if (kept?.way !== way || !kept.unanswered) return;
    way.state = "active";
    kept.unanswered = false;
    add(this.#unanswered, kept.ringsFor, -1);
    kept.timer.cancel();
    kept.timer = this.#expire(way);
  }

  /** Whether it was open. */
  close(way: Way): boolean {
    const kept = this.#ways.get(way.id);
    if (kept?.way !== way) return false;
    kept.timer.cancel();
    this.#ways.delete(way.id);
    add(this.#open, kept.openedBy, -1);
    if (kept.unanswered) add(this.#unanswered, kept.ringsFor, -1);
    return true;
  }

  /** Ends its timers. */
  stop(): void {
    for (const { timer } of this.#ways.values()) timer.cancel();
  }

  #expire(way: Way): Timer {
    return this.#clock.after(way.state === "active" ? ANSWERED_MS : UNANSWERED_MS, () => {
      if (this.close(way)) this.#onExpired(way);
    });
  }
}

function place(neighbour: string, behind: RelayKey | null): string {
  return behind === null ? neighbour : `${neighbour} ${behind}`;
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
