/** A list that viewers follow: its rows as text, and the way from an older state of it to the present one. */
import { sseEvent } from "./event_stream.ts";
import { inTurns } from "./turns.ts";

/** Rows as JSON by key; never changed once made. */
export type Rows = ReadonlyMap<string, string>;

export const NO_ROWS: Rows = new Map();

/** Rows that one event of a long change holds. */
const ROWS_PER_EVENT = 100;

export class Collection {
  readonly name: string;
  /** The same object as long as nothing changes; a text that stays is the same one, so that comparing is cheap. */
  rows: Rows = NO_ROWS;

  constructor(name: string) {
    this.name = name;
  }

  /** Takes over the present state. */
  async refresh<Item>(
    items: Iterable<Item>,
    row: (item: Item) => readonly [key: string, row: unknown],
  ): Promise<void> {
    const rows = new Map<string, string>();
    let changed = false;
    await inTurns(items, (item) => {
      const [key, value] = row(item);
      const text = JSON.stringify(value);
      const before = this.rows.get(key);
      changed ||= before !== text;
      rows.set(key, before === text ? before : text);
    });
    if (changed || rows.size !== this.rows.size) this.rows = rows;
  }
}

/** The events that lead from one state to another; from null, which knows nothing yet, there is always one. */
export function* changes(
  name: string,
  before: Rows | null,
  after: Rows,
  id: () => string,
): Generator<string> {
  let reset = before === null;
  let set: string[] = [];
  const event = (gone: readonly string[]) => {
    const text = `{"reset":${reset},"set":[${set.join()}],"gone":${JSON.stringify(gone)}}`;
    reset = false;
    set = [];
    return sseEvent(name, text, id());
  };
  for (const [key, row] of after) {
    if (before?.get(key) === row) continue;
    set.push(row);
    if (set.length === ROWS_PER_EVENT) yield event([]);
  }
  let gone: string[] = [];
  for (const key of before?.keys() ?? []) {
    if (after.has(key)) continue;
    gone.push(key);
    if (gone.length < ROWS_PER_EVENT) continue;
    yield event(gone);
    gone = [];
  }
  if (reset || set.length > 0 || gone.length > 0) yield event(gone);
}
