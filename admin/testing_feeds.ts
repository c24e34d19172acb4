/** Feeds of the testing relay, filled by the test: records of log and events, and what a tap sees. */
import type { Tail } from "../relay/ports/admin.ts";
import type { Tap, TapBatch, TapEvent, TapOptions, TapSubscription } from "../relay/ports/tap.ts";

/** Keeps everything it is given, up to `capacity`. */
export class TestingTail<Item extends { readonly id: number }> implements Tail<Item> {
  readonly #items: Item[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #capacity: number;
  #last = 0;

  constructor(capacity = 1_000) {
    this.#capacity = capacity;
  }

  /** Numbers the record and tells whoever listens. */
  add(record: Omit<Item, "id">): void {
    this.#last += 1;
    this.#items.push({ ...record, id: this.#last } as Item);
    if (this.#items.length > this.#capacity) this.#items.shift();
    for (const listener of [...this.#listeners]) listener();
  }

  since(after: number, max: number): { readonly items: readonly Item[]; readonly skipped: number } {
    const items = this.#items.filter(({ id }) => id > after);
    const first = this.#items[0]?.id ?? this.#last + 1;
    return { items: items.slice(0, max), skipped: Math.max(0, first - after - 1) };
  }

  onNew(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

/** What the test gives to `show` reaches every subscription of that room. */
export class TestingTap implements Tap {
  readonly #open = new Set<{ readonly options: TapOptions; events: TapEvent[]; skipped: number }>();

  subscribe(options: TapOptions): TapSubscription {
    const one = { options, events: new Array<TapEvent>(), skipped: 0 };
    this.#open.add(one);
    return {
      take: (max = Infinity): TapBatch => {
        const { skipped } = one;
        one.skipped = 0;
        return { events: one.events.splice(0, max), skipped, unsampled: 0 };
      },
      close: () => void this.#open.delete(one),
    };
  }

  show(room: string, event: TapEvent): void {
    for (const one of this.#open) {
      if (one.options.room !== null && one.options.room !== room) continue;
      one.events.push(event);
      if (one.events.length > (one.options.capacity ?? 1_000)) {
        one.events.shift();
        one.skipped += 1;
      }
    }
  }

  /** Subscriptions that are not closed. */
  get active(): number {
    return this.#open.size;
  }
}
