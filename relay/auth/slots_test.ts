import assert from "node:assert/strict";
import fc from "fast-check";
import { Slots } from "./slots.ts";

const never = new AbortController().signal;

Deno.test("places are handed on in order, and nobody waits behind a full queue", async () => {
  const slots = new Slots(1, 3);
  assert.equal(await slots.enter(never, "a"), true);
  const order: string[] = [];
  const second = slots.enter(never, "a").then((in_) => order.push(`second ${in_}`));
  const third = slots.enter(never, "a").then((in_) => order.push(`third ${in_}`));
  assert.equal(await slots.enter(never, "a"), false);
  slots.leave("a");
  await second;
  slots.leave("a");
  await third;
  assert.deepEqual(order, ["second true", "third true"]);
  slots.leave("a");
  assert.equal(slots.taken, 0);
});

Deno.test("who gives up waiting loses the turn to the next", async () => {
  const slots = new Slots(1, 4);
  await slots.enter(never, "a");
  const abort = new AbortController();
  const second = slots.enter(abort.signal, "a");
  const third = slots.enter(never, "a");
  abort.abort();
  assert.equal(await second, false);
  assert.equal(await slots.enter(abort.signal, "a"), false);
  slots.leave("a");
  assert.equal(await third, true);
  slots.leave("a");
  assert.equal(slots.taken, 0);
});

Deno.test("one source leaves half of the places and of the queue to others, who get in at once", async () => {
  const slots = new Slots(32, 256);
  const entered: boolean[] = [];
  for (let i = 0; i < 1_000; i++) slots.enter(never, "flood").then((in_) => entered.push(in_));
  await settle();
  assert.equal(slots.taken, 16);
  // The others hear at once that it is too much; 128 wait.
  assert.equal(entered.filter((in_) => !in_).length, 1_000 - 16 - 128);
  for (let i = 0; i < 8; i++) assert.equal(await slots.enter(never, "office"), true);
  for (let i = 0; i < 4; i++) assert.equal(await slots.enter(never, "home"), true);
  for (const source of ["one", "two", "three", "four"]) {
    assert.equal(await slots.enter(never, source), true, source);
  }
});

Deno.test("sources that wait are served by turns", async () => {
  const slots = new Slots(2, 100);
  await slots.enter(never, "flood");
  await slots.enter(never, "other");
  const order: string[] = [];
  for (const source of ["flood", "flood", "flood", "a", "b", "a"]) {
    slots.enter(never, source).then(() => order.push(source));
  }
  for (const done of ["other", "flood", "a", "flood", "b", "a", "flood"]) {
    slots.leave(done);
    await settle();
  }
  assert.deepEqual(order, ["a", "flood", "b", "a", "flood", "flood"]);
});

Deno.test("never more than allowed at a time, and no place is lost, whoever comes, goes or gives up", async () => {
  const step = fc.record({
    what: fc.constantFrom("enter", "leave", "abort"),
    source: fc.constantFrom("a", "b", "c"),
  });
  const steps = fc.array(step, { maxLength: 60 });
  await fc.assert(fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (actions, max) => {
    const slots = new Slots(max, 8);
    const waiting: { source: string; abort: AbortController }[] = [];
    const inside: string[] = [];
    for (const { what, source } of actions) {
      if (what === "enter") {
        const one = { source, abort: new AbortController() };
        waiting.push(one);
        slots.enter(one.abort.signal, source).then((entered) => {
          waiting.splice(waiting.indexOf(one), 1);
          if (entered) inside.push(source);
        });
      } else if (what === "leave" && inside.includes(source)) {
        inside.splice(inside.indexOf(source), 1);
        slots.leave(source);
      } else if (what === "abort") waiting.shift()?.abort.abort();
      await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(null))));
      assert.equal(slots.taken, inside.length);
      assert(inside.length <= max);
      // Nobody waits for what it may have.
      for (const one of waiting) {
        const has = inside.filter((other) => other === one.source).length;
        assert(has >= max - inside.length, `${one.source} waits with ${has}`);
      }
    }
    while (inside.length > 0) {
      slots.leave(inside.shift()!);
      await settle();
    }
    assert.equal(waiting.length, 0);
    assert.equal(slots.taken, 0);
  }));
});

/** Lets everything that waits for nothing but other promises happen. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
