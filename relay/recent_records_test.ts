import assert from "node:assert/strict";
import fc from "fast-check";
import { RecentRecords } from "./recent_records.ts";

const ids = (records: { readonly items: readonly { readonly id: number }[] }) =>
  records.items.map(({ id }) => id);

Deno.test("a reader gets what came after its place, so many at a time", () => {
  const records = new RecentRecords<{ readonly id: number }>(5);
  for (let i = 0; i < 4; i++) records.add((id) => ({ id }));
  assert.deepEqual(ids(records.since(0, 2)), [1, 2]);
  assert.deepEqual(ids(records.since(2, 2)), [3, 4]);
  assert.deepEqual(ids(records.since(4, 2)), []);
  // Of a relay that was restarted.
  assert.deepEqual(ids(records.since(900, 9)), [1, 2, 3, 4]);
});

Deno.test("no more than the newest are kept, and a reader is told what it missed", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 20 }),
    fc.nat(60),
    fc.nat(60),
    (capacity, count, place) => {
      const records = new RecentRecords<{ readonly id: number }>(capacity);
      for (let i = 0; i < count; i++) records.add((id) => ({ id }));
      const after = Math.min(place, count);
      const found = records.since(after, Infinity);
      assert.equal(found.items.length + found.skipped, count - after);
      assert.deepEqual(ids(found), ids(found).toSorted((a, b) => a - b));
      assert.equal(found.items.at(-1)?.id ?? after, count);
      assert(found.items.length <= capacity);
    },
  ));
});

Deno.test("listeners are told of every record until they end it", () => {
  const records = new RecentRecords<{ readonly id: number }>(1);
  let told = 0;
  const end = records.onNew(() => told += 1);
  records.add((id) => ({ id }));
  records.add((id) => ({ id }));
  end();
  records.add((id) => ({ id }));
  assert.equal(told, 2);
});
