import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { Kicked } from "./kicked.ts";

Deno.test("who was sent away is refused until the time is over", () => {
  const clock = new ManualClock();
  const kicked = new Kicked(clock);
  kicked.refuse("a", 60_000);
  clock.advance(59_999);
  assert(kicked.holds("a") && !kicked.holds("b"));
  clock.advance(1);
  assert(!kicked.holds("a"));
  assert.equal(kicked.size, 0);
  kicked.refuse("a", 60_000);
  kicked.refuse("a", 0);
  assert(!kicked.holds("a"));
});

Deno.test("the table is bounded: who may come again soonest is forgotten first", () => {
  const clock = new ManualClock();
  const kicked = new Kicked(clock, 3);
  for (const [name, ms] of [["a", 9_000], ["b", 1_000], ["c", 5_000], ["d", 7_000]] as const) {
    kicked.refuse(name, ms);
  }
  assert.deepEqual(["a", "b", "c", "d"].filter((name) => kicked.holds(name)), ["a", "c", "d"]);
  clock.advance(8_000);
  kicked.refuse("e", 1_000);
  assert.equal(kicked.size, 2);
});
