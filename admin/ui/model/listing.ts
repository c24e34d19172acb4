/** A list that is kept up to date by what changed in it. */
import type { Diff } from "./shapes.ts";

/** The list with the changes made; the order of those that stay is kept, newcomers are at the end. */
export function applyDiff<Item>(
  items: readonly Item[],
  diff: Diff<Item>,
  keyOf: (item: Item) => string,
): readonly Item[] {
  if (!diff.reset && diff.set.length === 0 && diff.gone.length === 0) return items;
  const byKey = new Map(diff.reset ? [] : items.map((item) => [keyOf(item), item]));
  for (const key of diff.gone) byKey.delete(key);
  for (const item of diff.set) byKey.set(keyOf(item), item);
  return [...byKey.values()];
}

export type Cell = string | number | null;

export interface Order {
  readonly column: string;
  readonly down: boolean;
}

/** Sorted by one column; what has no value comes last whichever way. */
export function sorted<Item>(
  items: readonly Item[],
  valueOf: (item: Item) => Cell,
  down: boolean,
): Item[] {
  const sign = down ? -1 : 1;
  return [...items].sort((a, b) => {
    const [left, right] = [valueOf(a), valueOf(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === "number" && typeof right === "number") return sign * (left - right);
    return sign * TEXT_ORDER.compare(String(left), String(right));
  });
}

const TEXT_ORDER = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Whether any of the texts contains all words of the query, whatever their case. */
export function matches(query: string, texts: readonly (string | null)[]): boolean {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const text = texts.filter((one) => one !== null).join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}
