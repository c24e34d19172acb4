/** The newest records of a kind, numbered from 1, for whoever reads them later or goes on reading. */
import type { Tail } from "./ports/admin.ts";

export class RecentRecords<Item extends { readonly id: number }> implements Tail<Item> {
  readonly #capacity: number;
  /** The record of number `id` is at `(id - 1) % capacity`. */
  readonly #slots: Item[] = [];
  readonly #listeners = new Set<() => void>();
  #last = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`There must be room for at least one record, got ${capacity}`);
    }
    this.#capacity = capacity;
  }

  /** `make` is given the number of the record. */
  add(make: (id: number) => Item): void {
    const place = this.#last % this.#capacity;
    this.#last += 1;
    this.#slots[place] = make(this.#last);
    for (const listener of this.#listeners) listener();
  }

  /** A number from an earlier life of the relay is above all of this one, and starts at the beginning. */
  since(after: number, max: number): { readonly items: readonly Item[]; readonly skipped: number } {
    const known = after > this.#last ? 0 : Math.max(0, after);
    const first = Math.max(known, this.#last - this.#capacity) + 1;
    const end = Math.min(this.#last, first - 1 + Math.max(0, max));
    const items: Item[] = [];
    for (let id = first; id <= end; id++) items.push(this.#slots[(id - 1) % this.#capacity]!);
    return { items, skipped: first - 1 - known };
  }

  onNew(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
