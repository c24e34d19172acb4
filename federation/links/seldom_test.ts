import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { Seldom } from "./seldom.ts";

Deno.test("the same is said once per interval", () => {
  const clock = new ManualClock();
  const seldom = new Seldom(clock, 1_000, 10);
  assert.deepEqual([seldom.due("a"), seldom.due("a"), seldom.due("b")], [true, false, true]);
  clock.advance(999);
  assert(!seldom.due("a"));
  clock.advance(1);
  assert(seldom.due("a"));
  seldom.forget("a");
  assert(seldom.due("a"));
});

Deno.test("a flood of different things is bounded in memory and in lines", () => {
  const clock = new ManualClock();
  const seldom = new Seldom(clock, 1_000, 3);
  const said = Array.from({ length: 100 }, (_, n) => seldom.due(`${n}`)).filter(Boolean);
  assert.equal(said.length, 3);
  clock.advance(1_000);
  assert(seldom.due("100"));
});
