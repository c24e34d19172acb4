import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { Silence } from "./silence.ts";

Deno.test("silence is told once, exactly when it is too long", () => {
  const clock = new ManualClock();
  let told = 0;
  const silence = new Silence(clock, 4_000, () => told += 1);
  clock.advance(3_000);
  silence.heard();
  clock.advance(3_998);
  assert.equal(told, 0);
  clock.advance(2);
  assert.equal(told, 1);
  clock.advance(20_000);
  assert.deepEqual([told, clock.pending], [1, 0]);
});

Deno.test("who is heard again and again is never silent, and costs one timer", () => {
  const clock = new ManualClock();
  const silence = new Silence(clock, 4_000, () => assert.fail("it was heard"));
  for (let second = 0; second < 60; second++) {
    clock.advance(1_000);
    silence.heard();
    assert.equal(clock.pending, 1);
  }
  silence.stop();
  assert.equal(clock.pending, 0);
});

Deno.test("a process that stood still first looks at what came meanwhile", () => {
  const clock = new ManualClock();
  let [now, told] = [0, 0];
  // A clock whose timers come late.
  const late = { ...manual(clock), now: () => now };
  new Silence(late, 4_000, () => told += 1);
  now = 60_000;
  clock.advance(4_000);
  assert.equal(told, 0);
  now = 64_000;
  clock.advance(4_000);
  assert.equal(told, 1);
});

function manual(clock: ManualClock) {
  return {
    wall: () => clock.wall(),
    after: (ms: number, run: () => void) => clock.after(ms, run),
    every: (ms: number, run: () => void) => clock.every(ms, run),
  };
}
