import assert from "node:assert/strict";
import { Degradation } from "./degradation.ts";

/** Whether a path with these scores, one a second, is given up at the end. */
function verdict(scores: readonly number[], everyMs = 1_000): boolean {
  const degradation = new Degradation();
  let last = false;
  for (const [i, score] of scores.entries()) last = degradation.add(i * everyMs, score);
  return last;
}

const times = (n: number, score: number) => new Array<number>(n).fill(score);

Deno.test("ten seconds of poor scores are a path that serves badly, nine are not", () => {
  assert.equal(verdict(times(11, 40)), true);
  assert.equal(verdict(times(10, 40)), false);
  assert.equal(verdict(times(100, 50)), false);
});

Deno.test("one good moment begins anew", () => {
  assert.equal(verdict([...times(9, 40), 80, ...times(9, 40)]), false);
});

Deno.test("what was not measured was not poor", () => {
  assert.equal(verdict(times(20, 40), 6_000), false);
});
