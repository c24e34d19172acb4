import assert from "node:assert/strict";
import fc from "fast-check";
import { AcceptQueue } from "./accept_queue.ts";

const firstId = 1;

Deno.test("streams are handed out in order of id, whatever order they are seen in", async () => {
  const count = 12;
  const ids = Array.from({ length: count }, (_, i) => firstId + 4 * i);
  await fc.assert(fc.asyncProperty(
    fc.shuffledSubarray(ids, { minLength: count }),
    async (seen) => {
      const queue = new AcceptQueue(firstId, (id) => id);
      for (const id of seen) queue.seen(id);
      const got = await Promise.all(ids.map(() => queue.next()));
      assert.deepEqual(got, ids);
    },
  ));
});

Deno.test("a stream makes all lower ones of its kind exist, each once", async () => {
  const opened: number[] = [];
  const queue = new AcceptQueue(firstId, (id) => {
    opened.push(id);
    return id;
  });
  queue.seen(9);
  queue.seen(5);
  queue.seen(9);
  assert.deepEqual(opened, [1, 5, 9]);
  assert.equal(await queue.next(), 1);
});

Deno.test("those who wait are served in the order they came", async () => {
  const queue = new AcceptQueue(firstId, (id) => id);
  const waiting = [queue.next(), queue.next()];
  queue.seen(5);
  assert.deepEqual(await Promise.all(waiting), [1, 5]);
});

Deno.test("a closed queue has nothing for anybody", async () => {
  const queue = new AcceptQueue(firstId, (id) => id);
  const waiting = queue.next();
  queue.close();
  assert.equal(await waiting, null);
  assert.equal(await queue.next(), null);
  const full = new AcceptQueue(firstId, (id) => id);
  full.seen(1);
  full.close();
  full.seen(5);
  assert.equal(await full.next(), null);
});
