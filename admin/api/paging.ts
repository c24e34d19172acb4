/** One page of a long list, found in one pass that lets others through and keeps no more than the page. */
import { inTurns } from "./turns.ts";

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 500;

export interface PageOf<Row> {
  readonly items: readonly Row[];
  /** The key to go on after; null when this page is the last. */
  readonly next: string | null;
  readonly total: number;
}

export interface Listing<Item, Row> {
  readonly items: Iterable<Item>;
  /** Unique; the list is in order of it. */
  readonly key: (item: Item) => string;
  /** Texts in which `q` is looked for. */
  readonly texts: (item: Item) => readonly (string | null)[];
  readonly row: (item: Item) => Row;
  readonly wanted?: (item: Item) => boolean;
}

export interface PageQuery {
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  readonly q?: string | undefined;
}

/** Makes pages, one after the other: however many ask, only one list is walked through at a time. */
export class Pages {
  #last: Promise<unknown> = Promise.resolve();

  select<Item, Row>(listing: Listing<Item, Row>, query: PageQuery): Promise<PageOf<Row>> {
    const page = this.#last.then(() => select(listing, query));
    this.#last = page.catch(() => {});
    return page;
  }
}

/** Whether one of the texts holds `q`, in capitals or not. */
export function matches(texts: readonly (string | null)[], q: string): boolean {
  const wanted = q.toLowerCase();
  return texts.some((text) => text !== null && text.toLowerCase().includes(wanted));
}

async function select<Item, Row>(
  { items, key, texts, row, wanted = () => true }: Listing<Item, Row>,
  { limit = DEFAULT_LIMIT, after = "", q = "" }: PageQuery,
): Promise<PageOf<Row>> {
  /** The lowest keys above `after`, one more than the page has. */
  const lowest: { readonly key: string; readonly item: Item }[] = [];
  let total = 0;
  await inTurns(items, (item) => {
    if (!wanted(item) || (q !== "" && !matches(texts(item), q))) return;
    total += 1;
    const own = key(item);
    if (own <= after) return;
    if (lowest.length > limit) {
      if (own >= lowest[limit]!.key) return;
      lowest.pop();
    }
    lowest.splice(placeOf(lowest, own), 0, { key: own, item });
  });
  const page = lowest.slice(0, limit);
  return {
    items: page.map(({ item }) => row(item)),
    next: lowest.length > limit ? page.at(-1)!.key : null,
    total,
  };
}

function placeOf(sorted: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
