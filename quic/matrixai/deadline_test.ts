import assert from "node:assert/strict";
import { ManualClock } from "../manual_clock.ts";
import { Deadline } from "./deadline.ts";

function setup(): { clock: ManualClock; deadline: Deadline; fired: number[] } {
  const clock = new ManualClock();
  const fired: number[] = [];
  return { clock, deadline: new Deadline(clock, () => fired.push(clock.now())), fired };
}

Deno.test("a deadline fires once, when it is due", () => {
  const { clock, deadline, fired } = setup();
  deadline.set(10);
  clock.advance(9);
  assert.deepEqual(fired, []);
  clock.advance(100);
  assert.deepEqual(fired, [10]);
});

Deno.test("a deadline that moves later does not fire at the old time", () => {
  const { clock, deadline, fired } = setup();
  deadline.set(10);
  clock.advance(5);
  deadline.set(10);
  clock.advance(100);
  assert.deepEqual(fired, [15]);
});

Deno.test("a deadline that moves earlier fires then", () => {
  const { clock, deadline, fired } = setup();
  deadline.set(100);
  deadline.set(3);
  clock.advance(200);
  assert.deepEqual(fired, [3]);
});

Deno.test("moving a deadline later with every packet takes no new timer", () => {
  const { clock, deadline, fired } = setup();
  deadline.set(10);
  for (let i = 0; i < 5; i++) {
    clock.advance(1);
    deadline.set(10);
    assert.equal(clock.pending, 1);
  }
  clock.advance(100);
  assert.deepEqual(fired, [15]);
});

Deno.test("a deadline that was taken away does not fire, and can be set again", () => {
  const { clock, deadline, fired } = setup();
  deadline.set(10);
  deadline.set(null);
  clock.advance(100);
  assert.deepEqual(fired, []);
  deadline.set(5);
  deadline.cancel();
  assert.equal(clock.pending, 0);
  deadline.set(5);
  clock.advance(5);
  assert.deepEqual(fired, [105]);
});

Deno.test("a deadline may be set again while it fires", () => {
  const clock = new ManualClock();
  let fired = 0;
  const deadline: Deadline = new Deadline(clock, () => {
    if (++fired < 3) deadline.set(10);
  });
  deadline.set(10);
  clock.advance(100);
  assert.equal(fired, 3);
});
