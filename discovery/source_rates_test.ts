import assert from "node:assert/strict";
import { ManualClock } from "../relay/ports/testing_clock.ts";
import { SourceRates } from "./source_rates.ts";

Deno.test("a source may ask so often at once, then at its rate, and others are not in its way", () => {
  const clock = new ManualClock();
  const rates = new SourceRates(clock, 2, 3);
  const asked = (source: string) => [1, 2, 3, 4].map(() => rates.take(source));
  assert.deepEqual(asked("a"), [true, true, true, false]);
  clock.advance(500);
  assert.deepEqual(asked("a"), [true, false, false, false]);
  assert.deepEqual(asked("b"), [true, true, true, false]);
  clock.advance(60_000);
  assert.deepEqual(asked("a"), [true, true, true, false]);
});

Deno.test("so many sources are remembered, and then those forgotten that have been quiet", () => {
  const clock = new ManualClock();
  const rates = new SourceRates(clock, 1, 2);
  for (let number = 0; number < 10_000; number++) assert(rates.take(`source ${number}`));
  assert(!rates.take("one more"));
  assert(rates.take("source 0"), "who is known goes on");
  clock.advance(2_000);
  assert(rates.take("one more"));
  assert.equal(rates.size, 1);
});
