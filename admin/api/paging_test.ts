import assert from "node:assert/strict";
import fc from "fast-check";
import { type Listing, matches, Pages } from "./paging.ts";
import { ITEMS_PER_TURN } from "./turns.ts";

function listing(items: Iterable<string>): Listing<string, string> {
  return { items, key: (item) => item, texts: (item) => [item], row: (item) => item };
}

Deno.test("pages one after the other are the whole list in order, however long they are", async () => {
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(fc.string(), { maxLength: 80 }),
    fc.integer({ min: 1, max: 30 }),
    async (items, limit) => {
      const pages = new Pages();
      const all: string[] = [];
      let after: string | undefined;
      const named = items.filter((item) => item !== "");
      for (;;) {
        const page = await pages.select(listing(named), { limit, after });
        assert.equal(page.total, named.length);
        assert(page.items.length <= limit);
        all.push(...page.items);
        if (page.next === null) break;
        after = page.next;
      }
      assert.deepEqual(all, named.toSorted((a, b) => a < b ? -1 : 1));
    },
  ));
});

Deno.test("only what is searched for counts, in capitals or not", async () => {
  const items = ["Ann", "Bob", "ANNA", "<img>"];
  const page = await new Pages().select(listing(items), { q: "ann" });
  assert.deepEqual([page.items, page.total], [["ANNA", "Ann"], 2]);
  assert(matches([null, "x"], "X") && !matches([null], "null"));
});

Deno.test("others have their turn while a long list is walked through", async () => {
  let seen = 0;
  function* items() {
    for (; seen < 20_000; seen++) yield String(seen);
  }
  const page = new Pages().select(listing(items()), { limit: 500 });
  const turns: number[] = [];
  const look = () => {
    turns.push(seen);
    if (seen < 20_000) setTimeout(look, 0);
  };
  setTimeout(look, 0);
  assert.equal((await page).items.length, 500);
  const steps = turns.map((at, turn) => at - (turns[turn - 1] ?? 0));
  assert(turns.length > 10, `${turns.length} turns`);
  assert(steps.every((step) => step <= 2 * ITEMS_PER_TURN), String(steps));
});

Deno.test("only one list is walked through at a time, and a failure ends that one only", async () => {
  const pages = new Pages();
  let walking = 0;
  function* items() {
    walking += 1;
    assert.equal(walking, 1);
    for (let i = 0; i < 3_000; i++) yield String(i);
    walking -= 1;
  }
  function* broken(): Generator<string> {
    yield "a";
    throw new Error("broken");
  }
  const all = [pages.select(listing(items()), {}), pages.select(listing(items()), {})];
  await assert.rejects(pages.select(listing(broken()), {}), /broken/);
  assert.equal((await pages.select(listing(items()), {})).total, 3_000);
  await Promise.all(all);
});
