/** Long work in short pieces, so that nobody is kept waiting for the page of another. */
import { turn } from "../turn.ts";

/** Items in one turn of the event loop; fewer when they take long. */
export const ITEMS_PER_TURN = 1_000;
/** Short enough that a feed or a scrape does not notice. */
const MS_PER_TURN = 0.1;
/** How often the time is looked at. */
const ITEMS_PER_LOOK = 10;

/** Does `visit` for every item, some of them in each turn of the event loop. What changes meanwhile may be seen or not. */
export async function inTurns<Item>(
  items: Iterable<Item>,
  visit: (item: Item) => void,
): Promise<void> {
  let done = 0;
  let began = performance.now();
  for (const item of items) {
    visit(item);
    done += 1;
    const enough = done % ITEMS_PER_LOOK === 0 && performance.now() - began > MS_PER_TURN;
    if (!enough && done < ITEMS_PER_TURN) continue;
    await turn();
    done = 0;
    began = performance.now();
  }
}
