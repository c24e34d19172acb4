import assert from "node:assert/strict";
import { Tally } from "./tally.ts";

Deno.test("a tally counts by key and in all, and forgets keys that have none", () => {
  const tally = new Tally();
  const endings = ["a", "b", "a"].map((key) => tally.add(key));
  assert.deepEqual([tally.of("a"), tally.of("b"), tally.of("c"), tally.total], [2, 1, 0, 3]);
  endings[0]!();
  assert.deepEqual([tally.of("a"), tally.total, tally.size], [1, 2, 2]);
  endings[1]!();
  endings[2]!();
  assert.deepEqual([tally.of("a"), tally.total, tally.size], [0, 0, 0]);
});
