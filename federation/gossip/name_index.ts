/** Which relays name a fingerprint: the lists of all relays, and the way back from a name. */
import type { RelayKey } from "../link.ts";
import { NameList } from "./name_list.ts";

/** Of all relays together; a name costs about 200 bytes. */
export const MAX_NAMES = 200_000;

export class NameIndex {
  readonly #lists = new Map<RelayKey, NameList>();
  /** The relay that named it last comes last. */
  readonly #relaysOf = new Map<string, Set<RelayKey>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  names(relay: RelayKey): Iterable<string> {
    return this.#lists.get(relay)?.all() ?? [];
  }

  count(relay: RelayKey): number {
    return this.#lists.get(relay)?.size ?? 0;
  }

  /** In the order in which they began to name it. */
  relaysOf(name: string): Iterable<RelayKey> {
    return this.#relaysOf.get(name) ?? [];
  }

  relays(): Iterable<RelayKey> {
    return this.#lists.keys();
  }

  add(relay: RelayKey, names: readonly string[], most: number): void {
    const list = this.#lists.get(relay) ?? new NameList();
    this.#lists.set(relay, list);
    for (const name of names) {
      if (this.#size >= MAX_NAMES || !list.add(name, most)) continue;
      this.#size += 1;
      const relays = this.#relaysOf.get(name);
      if (relays === undefined) this.#relaysOf.set(name, new Set([relay]));
      else relays.add(relay);
    }
  }

  remove(relay: RelayKey, names: Iterable<string>): void {
    const list = this.#lists.get(relay);
    if (list === undefined) return;
    for (const name of names) {
      if (!list.delete(name)) continue;
      this.#size -= 1;
      const relays = this.#relaysOf.get(name)!;
      relays.delete(relay);
      if (relays.size === 0) this.#relaysOf.delete(name);
    }
  }

  /** Who stays keeps its place in the order. */
  replace(relay: RelayKey, names: readonly string[], most: number): void {
    const kept = new Set(names);
    this.remove(relay, [...this.names(relay)].filter((name) => !kept.has(name)));
    this.add(relay, names, most);
  }

  forget(relay: RelayKey): void {
    this.remove(relay, [...this.names(relay)]);
    this.#lists.delete(relay);
  }
}
