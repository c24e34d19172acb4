import assert from "node:assert/strict";
import fc from "fast-check";
import { Slots } from "./slots.ts";

const never = new AbortController().signal;

Deno.test("places are handed on in order, and nobody waits behind a full queue", async () => {
  const slots = new Slots(1, 2);
  assert.equal(await slots.enter(never), true);
  const order: string[] = [];
  const second = slots.enter(never).then((in_) => order.push(`second ${in_}`));
  const third = slots.enter(never).then((in_) => order.push(`third ${in_}`));
  assert.equal(await slots.enter(never), false);
  slots.leave();
  await second;
  slots.leave();
  await third;
  assert.deepEqual(order, ["second true", "third true"]);
  slots.leave();
  assert.equal(slots.taken, 0);
});

Deno.test("who gives up waiting loses the turn to the next", async () => {
  const slots = new Slots(1, 2);
  await slots.enter(never);
  const abort = new AbortController();
  const second = slots.enter(abort.signal);
  const third = slots.enter(never);
  abort.abort();
  assert.equal(await second, false);
  assert.equal(await slots.enter(abort.signal), false);
  slots.leave();
  assert.equal(await third, true);
  slots.leave();
  assert.equal(slots.taken, 0);
});

Deno.test("never more than allowed at a time, and no place is lost, whoever comes, goes or gives up", async () => {
  const steps = fc.array(fc.constantFrom("enter", "leave", "abort"), { maxLength: 60 });
  await fc.assert(fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (actions, max) => {
    const slots = new Slots(max, 2);
    const waiting: AbortController[] = [];
    let inside = 0;
    for (const action of actions) {
      if (action === "enter") {
        const abort = new AbortController();
        waiting.push(abort);
        slots.enter(abort.signal).then((entered) => {
          waiting.splice(waiting.indexOf(abort), 1);
          if (entered) inside += 1;
        });
      } else if (action === "leave" && inside > 0) {
        inside -= 1;
        slots.leave();
      } else if (action === "abort") waiting.shift()?.abort();
      await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(null))));
      assert(inside <= max && slots.taken <= max);
      assert(waiting.length === 0 || inside === max);
    }
    assert.equal(slots.taken, inside);
  }));
});
