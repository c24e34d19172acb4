/** The way through a list that comes in pages. */
import { type Signal, useSignal } from "@preact/signals";
import { number } from "../model/format.ts";
import type { Page } from "../model/shapes.ts";

export const PAGE = 100;

/** After which rows each page begins that was left for a later one; empty on the first. */
export type Places = Signal<readonly string[]>;

export function usePlaces(): Places {
  return useSignal<readonly string[]>([]);
}

/** What to ask for as `after`. */
export function placeOf(places: Places): string | null {
  return places.value.at(-1) ?? null;
}

export function Pages(
  { page, places, of }: {
    readonly page: Pick<Page<unknown>, "next">;
    readonly places: Places;
    /** What is in it, for those who hear the buttons and not the list. */
    readonly of: string;
  },
) {
  const before = places.value;
  if (page.next === null && before.length === 0) return null;
  return (
    <p class="buttons">
      <button
        type="button"
        disabled={before.length === 0}
        onClick={() => places.value = before.slice(0, -1)}
      >
        Previous {number(PAGE)} <span class="unseen">{of}</span>
      </button>
      <button
        type="button"
        disabled={page.next === null}
        onClick={() => places.value = [...before, page.next ?? ""]}
      >
        Next {number(PAGE)} <span class="unseen">{of}</span>
      </button>
    </p>
  );
}
