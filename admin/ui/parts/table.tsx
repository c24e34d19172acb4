/** A table that sorts by any column and shows as many rows as one can read. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type Cell, type Order, sorted } from "../model/listing.ts";

export interface Column<Item> {
  readonly id: string;
  readonly title: string;
  /** What it is sorted by, and shown as where `show` is not given. */
  readonly value: (item: Item) => Cell;
  readonly show?: (item: Item) => ComponentChildren;
  readonly kind?: "number" | "code" | "action";
  /** Left out where there is little room, or where there is not plenty. */
  readonly minor?: boolean | "extra";
}

export interface TableProps<Item> {
  readonly caption: string;
  readonly columns: readonly Column<Item>[];
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  readonly first?: Order;
  /** Marked as the one that is open. */
  readonly current?: string | null;
  readonly rowClass?: (item: Item) => string;
}

const ROWS = 200;

export function Table<Item>(props: TableProps<Item>) {
  const { columns, items, keyOf } = props;
  const order = useSignal<Order | null>(props.first ?? null);
  const most = useSignal(ROWS);
  const by = columns.find(({ id }) => id === order.value?.column);
  const rows = by === undefined ? items : sorted(items, by.value, order.value!.down);
  const sortBy = (id: string) => {
    const same = order.value?.column === id;
    order.value = { column: id, down: same ? !order.value!.down : false };
  };
  return (
    <div class="table">
      <table>
        <caption class="unseen">{props.caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" class={classOf(column)} aria-sort={sortOf(column)}>
                {column.kind === "action" ? <span class="unseen">{column.title}</span> : (
                  <button
                    type="button"
                    class="sort"
                    onClick={() => sortBy(column.id)}
                  >
                    {column.title}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, most.value).map((item) => (
            <tr
              key={keyOf(item)}
              class={props.rowClass?.(item) ?? ""}
              aria-current={props.current === keyOf(item) ? "true" : undefined}
            >
              {columns.map((column) => (
                <td key={column.id} class={classOf(column)}>
                  {column.show === undefined ? column.value(item) : column.show(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most.value && (
        <button
          type="button"
          class="more"
          onClick={() => most.value += ROWS}
        >
          Show more: {rows.length - most.value} are not shown
        </button>
      )}
    </div>
  );

  function sortOf({ id, kind }: Column<Item>) {
    if (kind === "action" || order.value?.column !== id) return undefined;
    return order.value.down ? "descending" : "ascending";
  }
}

function classOf<Item>({ kind, minor }: Column<Item>): string {
  return [kind ?? "", minor === true ? "minor" : minor ?? ""].filter((one) => one !== "").join(" ");
}
