/**
 * Calls between others whose parties meet at this relay, as a neighbour has asked: nobody but the two may join the room.
 * Bounded for each neighbour and in all; ends when the neighbour says so, or when nobody has been there for a while.
 */
import { callRoomName } from "../../proto/room_name.ts";
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { Link, RelayKey } from "../link.ts";
import type { CallWays, Way } from "./call_ways.ts";
import { isFingerprint } from "./route_search.ts";

/** As many calls as a neighbour may have ringing, and as many as go over one. */
const MAX_PER_RELAY = 1_000;
const MAX_GUEST_CALLS = 10_000;
/** Parties that moved to another relay may come back until then. */
const EMPTY_MS = 120_000;
const LOOK_MS = 30_000;

export interface CallGuestsOptions {
  readonly clock: Clock;
  readonly ways: CallWays;
  /** Whether there is a call with this id of this relay's own clients. */
  readonly has: (callId: string) => boolean;
  readonly takesClients: () => boolean;
  readonly mayVisit: (fingerprint: string) => boolean;
  /** Whether somebody is in the room of this call here. */
  readonly isOccupied: (callId: string) => boolean;
  /** The parties of this call may join here from now on, or not any more. */
  readonly changed: (callId: string) => void;
}

interface GuestCall {
  readonly relay: RelayKey;
  readonly parties: readonly [caller: string, callee: string];
  /** Clock time at which somebody was there last, or it began. */
  usedAt: number;
}

const NOBODY: readonly string[] = [];

export class CallGuests {
  readonly #options: CallGuestsOptions;
  readonly #calls = new Map<string, GuestCall>();
  readonly #perRelay = new Map<RelayKey, number>();
  #tick: Timer | null = null;

  constructor(options: CallGuestsOptions) {
    this.#options = options;
  }

  /** Fingerprints. */
  of(callId: string): readonly string[] {
    return this.#calls.get(callId)?.parties ?? NOBODY;
  }

  /** The neighbour that asked for it. */
  askedBy(callId: string): RelayKey | null {
    return this.#calls.get(callId)?.relay ?? null;
  }

  /** A neighbour asks; it is answered in any case. */
  asked(link: Link, message: SignalOf<"CallPlace">): void {
    const { call_id, caller, callee } = message;
    const known = this.#calls.get(call_id);
    const again = known?.relay === link.relay && known.parties.join() === `${caller},${callee}`;
    const ok = again || this.#isPossible(link, message);
    if (ok && !again) this.#begin(call_id, link.relay, [caller, callee]);
    link.send({ type: "CallPlaced", call_id, ok });
  }

  /** A neighbour needs it no more. */
  released({ relay }: Link, { call_id }: SignalOf<"CallUnplace">): void {
    if (this.#calls.get(call_id)?.relay === relay) this.#end(call_id);
  }

  stop(): void {
    this.#tick?.cancel();
    this.#tick = null;
  }

  #isPossible(link: Link, { call_id: id, caller, callee }: SignalOf<"CallPlace">): boolean {
    const { has, mayVisit, takesClients, ways } = this.#options;
    if (callRoomName(id) === null || this.#calls.has(id) || has(id) || caller === callee) {
      return false;
    }
    if (!isFingerprint(caller) || !isFingerprint(callee) || !takesClients()) return false;
    const way = ways.get(id);
    if (way !== null && !isOfWay(way, link.relay, caller, callee)) return false;
    const full = this.#calls.size >= MAX_GUEST_CALLS ||
      (this.#perRelay.get(link.relay) ?? 0) >= MAX_PER_RELAY;
    return !full && mayVisit(caller) && mayVisit(callee);
  }

  #begin(callId: string, relay: RelayKey, parties: GuestCall["parties"]): void {
    const { changed, clock } = this.#options;
    this.#calls.set(callId, { relay, parties, usedAt: clock.now() });
    this.#perRelay.set(relay, (this.#perRelay.get(relay) ?? 0) + 1);
    this.#tick ??= clock.every(LOOK_MS, () => this.#look());
    changed(callId);
  }

  #end(callId: string): void {
    const { relay } = this.#calls.get(callId)!;
    this.#calls.delete(callId);
    const left = this.#perRelay.get(relay)! - 1;
    if (left === 0) this.#perRelay.delete(relay);
    else this.#perRelay.set(relay, left);
    if (this.#calls.size === 0) this.stop();
    this.#options.changed(callId);
  }

  #look(): void {
    const { clock, isOccupied } = this.#options;
    const now = clock.now();
    for (const [callId, call] of [...this.#calls]) {
      if (isOccupied(callId)) call.usedAt = now;
      else if (now - call.usedAt >= EMPTY_MS) this.#end(callId);
    }
  }
}

/** A call that goes over this relay: only the relay that it was offered to may place it here. */
function isOfWay(way: Way, relay: RelayKey, caller: string, callee: string): boolean {
  return way.asked.includes(relay) && way.caller === caller && way.callee === callee;
}
