/** People in rooms as other relays tell of them: text from the network, bounded, otherwise left as it is. */
import { boundedAlias } from "../../proto/alias.ts";
import { isFingerprintText } from "../../proto/fingerprint_text.ts";
import type { RoomMember, RoomParticipant } from "../../proto/signal/mod.ts";
import { relayKeyOf } from "../relay_key.ts";
import { MAX_LISTED } from "./limits.ts";

/** Labels are printed and sent on, and a control character would cost six bytes each time. */
export function boundedLabel(text: string): string {
  return (boundedAlias(text) ?? "").replace(/\p{Cc}/gu, " ");
}

/** The list of a relay without `rooms`. */
export function readParticipants(list: readonly RoomParticipant[]): RoomMember[] {
  return distinct(list, ({ fingerprint, alias, relay_label }) => ({
    fingerprint,
    alias: boundedAlias(alias),
    relay_label: labelOrNull(relay_label),
    via: null,
  }));
}

/** The list of a relay with `rooms`. */
export function readMembers(list: readonly RoomMember[]): RoomMember[] {
  return distinct(list, ({ fingerprint, alias, relay_label, via }) => ({
    fingerprint,
    alias: boundedAlias(alias),
    relay_label: labelOrNull(relay_label),
    via: via === null ? null : relayKeyOf(via),
  }));
}

/** Collects people, each fingerprint once, the first one counts, up to the most a list may have. */
export class Gathered<T extends { readonly fingerprint: string }> {
  readonly list: T[] = [];
  readonly #known = new Set<string>();

  get full(): boolean {
    return this.list.length >= MAX_LISTED;
  }

  has(fingerprint: string): boolean {
    return this.#known.has(fingerprint);
  }

  add(person: T): void {
    if (this.full || this.#known.has(person.fingerprint)) return;
    this.#known.add(person.fingerprint);
    this.list.push(person);
  }
}

/** Whether two lists say the same in the same order. */
export function samePeople(
  a: readonly (RoomParticipant & Partial<RoomMember>)[],
  b: readonly (RoomParticipant & Partial<RoomMember>)[],
): boolean {
  return a.length === b.length && a.every((one, at) => {
    const other = b[at]!;
    return one.fingerprint === other.fingerprint && one.alias === other.alias &&
      one.relay_label === other.relay_label && one.via === other.via;
  });
}

function distinct<T extends { readonly fingerprint: string }>(
  list: readonly T[],
  read: (one: T) => RoomMember,
): RoomMember[] {
  const gathered = new Gathered<RoomMember>();
  for (const one of list) {
    if (gathered.full) break;
    if (!isFingerprintText(one.fingerprint) || gathered.has(one.fingerprint)) continue;
    gathered.add(read(one));
  }
  return gathered.list;
}

function labelOrNull(text: string | null): string | null {
  return text === null || text === "" ? null : boundedLabel(text);
}
