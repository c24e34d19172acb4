import assert from "node:assert/strict";
import { SharedLists } from "./shared_lists.ts";
import type { RegistryFindings } from "./worker_messages.ts";

interface Ask {
  readonly region: string | null;
  readonly known: string | null;
  answer(tag: string, bytes: number | null): void;
  fail(): void;
}

function newLists(): { lists: SharedLists; asks: Ask[] } {
  const asks: Ask[] = [];
  const lists = new SharedLists((region, known) =>
    new Promise<RegistryFindings["list"]>((resolve, reject) =>
      asks.push({
        region,
        known,
        answer: (tag, bytes) =>
          resolve({
            tag,
            json: bytes === null ? null : new Uint8Array(new SharedArrayBuffer(bytes)),
          }),
        fail: () => reject(new Error("gone")),
      })
    )
  );
  return { lists, asks };
}

/** Until everything that follows has happened. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("who asks while a list is made gets one that was begun later, and all of them the same", async () => {
  const { lists, asks } = newLists();
  const first = lists.get(null);
  const later = Array.from({ length: 100 }, () => lists.get(null));
  assert.equal(asks.length, 1);
  asks[0]!.answer("1", 10);
  assert.equal((await first).tag, "1");
  await settled();
  assert.deepEqual([asks.length, asks[1]!.known], [2, "1"]);
  asks[1]!.answer("2", 20);
  const all = await Promise.all(later);
  assert(all.every((list) => list === all[0] && list.tag === "2"));
  const again = lists.get(null);
  asks[2]!.answer("2", null);
  assert.equal((await again).json, all[0]!.json, "not made again");
});

Deno.test("regions are made apart, and a list that fails fails for those who waited for it only", async () => {
  const { lists, asks } = newLists();
  const [all, eu] = [lists.get(null), lists.get("eu")];
  const later = lists.get(null);
  assert.deepEqual(asks.map(({ region }) => region), [null, "eu"]);
  asks[0]!.fail();
  asks[1]!.answer("eu", 1);
  await assert.rejects(all, /gone/);
  assert.equal((await eu).tag, "eu");
  await settled();
  asks[2]!.answer("1", 1);
  assert.equal((await later).tag, "1");
});

Deno.test("lists are kept within bounds, those made last the longest", async () => {
  const { lists, asks } = newLists();
  const known = async (region: string | null, bytes: number) => {
    const list = lists.get(region);
    const ask = asks.at(-1)!;
    ask.answer("t", ask.known === null ? bytes : null);
    await list;
    await settled();
    return ask.known;
  };
  assert.equal(await known("a", 15_000_000), null);
  assert.equal(await known("b", 15_000_000), null);
  assert.equal(await known("a", 15_000_000), "t");
  assert.equal(await known("c", 15_000_000), null);
  assert.equal(await known("a", 15_000_000), "t");
  assert.equal(await known("b", 15_000_000), null);
});
