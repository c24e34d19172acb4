/** The newest records of the log or of what happened, as far as they were fetched. */
import type { Tail } from "../../relay/ports/admin.ts";

export class MirroredTail<Item extends { readonly id: number }> implements Tail<Item> {
  readonly #capacity: number;
  #items: Item[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Number of the newest record; 0 while there is none. */
  get last(): number {
    return this.#items.at(-1)?.id ?? 0;
  }

  take(items: readonly Item[]): void {
    if (items.length === 0) return;
    // Those before a gap would hide it: what is skipped is counted from the first that is kept.
    const known = items[0]!.id === this.last + 1 ? this.#items : [];
    this.#items = [...known, ...items].slice(-this.#capacity);
    for (const listener of [...this.#listeners]) listener();
  }

  /** A number from an earlier life of the relay is above all of this one, and starts at the beginning. */
  since(after: number, max: number): { readonly items: readonly Item[]; readonly skipped: number } {
    const known = after > this.last ? 0 : Math.max(0, after);
    const first = this.#items[0]?.id ?? 1;
    const from = Math.max(0, known + 1 - first);
    return {
      items: this.#items.slice(from, from + Math.max(0, max)),
      skipped: this.#items.length === 0 ? 0 : Math.max(0, first - 1 - known),
    };
  }

  onNew(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
