/** What other relays say of themselves: the newest of each, bounded, until it is too old. */
import { Pace } from "../../quic/pace.ts";
import type { RelayKey } from "../link.ts";
import type { RelayFacts } from "./relay_facts.ts";

/** A relay that said nothing for so long is forgotten. */
export const EXPIRY_MS = 60_000;
/** Its number is remembered longer, or an old state could go around between relays that forgot it at other times. */
const REMEMBER_MS = 600_000;
/** Relays of one mesh; each costs a few KiB. */
export const MAX_RELAYS = 256;
/** States of one relay: changes come every 200 ms at most. */
const PER_SECOND = 6;
const BURST = 30;

interface Entry {
  facts: RelayFacts;
  heardAt: number;
  expired: boolean;
  readonly pace: Pace;
}

export class StateTable {
  readonly #entries = new Map<RelayKey, Entry>();

  /** Undefined for a relay that is not known, or no longer. */
  get(relay: RelayKey): RelayFacts | undefined {
    const entry = this.#entries.get(relay);
    return entry?.expired === false ? entry.facts : undefined;
  }

  /** The same, and also of those that are forgotten but for their number. */
  remembered(relay: RelayKey): RelayFacts | undefined {
    return this.#entries.get(relay)?.facts;
  }

  heardAt(relay: RelayKey): number | null {
    return this.#entries.get(relay)?.heardAt ?? null;
  }

  *all(): Iterable<RelayFacts> {
    for (const { facts, expired } of this.#entries.values()) if (!expired) yield facts;
  }

  /** Whether this relay may be taken in, as it is known or there is room. */
  hasRoom(relay: RelayKey): boolean {
    return this.#entries.has(relay) || this.#entries.size < MAX_RELAYS;
  }

  /** What it says is older than, or the same as, what is known; null when it is news. */
  compare({ relay, seq }: RelayFacts): "same" | "older" | null {
    const known = this.#entries.get(relay)?.facts.seq ?? -1;
    return seq > known ? null : seq === known ? "same" : "older";
  }

  /** Takes news in, for which there is room; false when that relay has too many. */
  take(facts: RelayFacts, now: number): boolean {
    const { relay } = facts;
    const known = this.#entries.get(relay);
    const pace = known?.pace ?? new Pace(PER_SECOND, BURST);
    if (!pace.take(now)) return false;
    // A Map keeps the place of a key that is set again: the order is that of hearing.
    this.#entries.delete(relay);
    this.#entries.set(relay, { facts, heardAt: now, expired: false, pace });
    return true;
  }

  /** Forgets the relay that matters least, so that another has room: the longest unheard one that `isIdle`. */
  evict(isIdle: (relay: RelayKey) => boolean): RelayKey | null {
    for (const wanted of [true, false]) {
      for (const [relay, { expired }] of this.#entries) {
        if (expired !== wanted || !(expired || isIdle(relay))) continue;
        this.#entries.delete(relay);
        return relay;
      }
    }
    return null;
  }

  /** Relays that have just become too old. */
  expire(now: number): RelayKey[] {
    const gone: RelayKey[] = [];
    for (const [relay, entry] of this.#entries) {
      const age = now - entry.heardAt;
      if (age <= EXPIRY_MS) break;
      if (!entry.expired) gone.push(relay);
      entry.expired = true;
      if (age > REMEMBER_MS) this.#entries.delete(relay);
    }
    return gone;
  }
}
