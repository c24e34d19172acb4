import assert from "node:assert/strict";
import fc from "fast-check";
import { SignalQueue } from "./signal_queue.ts";

const frame = (value: number, length = 1) => new Uint8Array(length).fill(value);
const drain = (queue: SignalQueue) => {
  const values: number[] = [];
  for (let next = queue.shift(); next !== null; next = queue.shift()) values.push(next[0]!);
  return values;
};

Deno.test("frames leave in the order they came", () => {
  const queue = new SignalQueue({ maxMessages: 10, maxBytes: 100 });
  for (const value of [1, 2, 3]) queue.push(frame(value));
  assert.deepEqual(drain(queue), [1, 2, 3]);
});

Deno.test("the newest of a kind replaces the one that waits and goes to the end", () => {
  const queue = new SignalQueue({ maxMessages: 10, maxBytes: 100 });
  queue.push(frame(1), "room");
  queue.push(frame(2));
  queue.push(frame(3), "room");
  assert.deepEqual(drain(queue), [2, 3]);
  assert.equal(queue.replaced, 1);
});

Deno.test("a full queue refuses and counts, but still lets a newer one of a kind in", () => {
  const queue = new SignalQueue({ maxMessages: 2, maxBytes: 100 });
  queue.push(frame(1), "room");
  queue.push(frame(2));
  assert.equal(queue.push(frame(3)), false);
  assert.equal(queue.push(frame(4), "room"), true);
  assert.deepEqual(drain(queue), [2, 4]);
  assert.equal(queue.dropped, 1);
});

Deno.test("bytes are bounded too", () => {
  const queue = new SignalQueue({ maxMessages: 10, maxBytes: 5 });
  assert.equal(queue.push(frame(1, 4)), true);
  assert.equal(queue.push(frame(2, 2)), false);
  assert.equal(queue.push(frame(3, 1)), true);
  queue.clear();
  assert.equal(queue.bytes, 0);
  assert.equal(queue.push(frame(4, 5)), true);
});

Deno.test("whatever is pushed and taken, the queue equals a plain list", () => {
  const push = fc.record({
    kind: fc.constantFrom(null, "a", "b"),
    length: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(fc.property(fc.array(fc.option(push), { maxLength: 60 }), (steps) => {
    const limits = { maxMessages: 6, maxBytes: 30 };
    const queue = new SignalQueue(limits);
    let model: { kind: string | null; bytes: Uint8Array }[] = [];
    for (const [i, step] of steps.entries()) {
      if (step === null) {
        assert.deepEqual(queue.shift(), model.shift()?.bytes ?? null);
      } else {
        const bytes = frame(i, step.length);
        const rest = model.filter((entry) => step.kind === null || entry.kind !== step.kind);
        const size = rest.reduce((sum, entry) => sum + entry.bytes.length, 0);
        const fits = rest.length < limits.maxMessages && size + bytes.length <= limits.maxBytes;
        assert.equal(queue.push(bytes, step.kind), fits);
        if (fits) model = [...rest, { kind: step.kind, bytes }];
      }
      assert.equal(queue.length, model.length);
      assert.equal(queue.bytes, model.reduce((sum, entry) => sum + entry.bytes.length, 0));
    }
  }));
});
