/** Long work in short pieces, so that voice is never kept waiting for a page. */

/** About a millisecond of work. */
export const ITEMS_PER_TURN = 1_000;

/** Lets packets that wait be forwarded. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Does `visit` for every item, some of them in each turn of the event loop. What changes meanwhile may be seen or not. */
export async function inTurns<Item>(
  items: Iterable<Item>,
  visit: (item: Item) => void,
): Promise<void> {
  let left = ITEMS_PER_TURN;
  for (const item of items) {
    visit(item);
    if (--left > 0) continue;
    left = ITEMS_PER_TURN;
    await turn();
  }
}
