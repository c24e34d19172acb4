import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { Sampler } from "./sampler.ts";

/** A repeatable source of chance (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often each of ten senders, who take turns every 20 ms, is taken per second. */
function secondOf(clock: ManualClock, sampler: Sampler): number[] {
  const taken = new Array<number>(10).fill(0);
  for (let packet = 0; packet < 500; packet++) {
    if (sampler.take()) taken[packet % 10]! += 1;
    clock.advance(2);
  }
  return taken;
}

const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);

Deno.test("below the rate everything is taken", () => {
  const clock = new ManualClock();
  const sampler = new Sampler(clock, 600, () => 0.999);
  for (let second = 0; second < 3; second++) assert.equal(sum(secondOf(clock, sampler)), 500);
});

Deno.test("above the rate a second never brings more than it", () => {
  const clock = new ManualClock();
  for (const chance of [() => 0, random(1)]) {
    const sampler = new Sampler(clock, 100, chance);
    for (let second = 0; second < 5; second++) assert(sum(secondOf(clock, sampler)) <= 100);
  }
});

Deno.test("above the rate every sender is seen, also those whose turn comes late", () => {
  const clock = new ManualClock();
  const sampler = new Sampler(clock, 100, random(7));
  secondOf(clock, sampler);
  const taken = new Array<number>(10).fill(0);
  for (let second = 0; second < 20; second++) {
    secondOf(clock, sampler).forEach((count, sender) => taken[sender]! += count);
  }
  assert(sum(taken) > 1500, `${taken}`);
  for (const count of taken) assert(count > 100 && count < 300, `${taken}`);
});

Deno.test("a sample is spread over the second and not only taken from its beginning", () => {
  const clock = new ManualClock();
  const sampler = new Sampler(clock, 100, random(5));
  secondOf(clock, sampler);
  const halves = [0, 0];
  for (let packet = 0; packet < 5000; packet++) {
    if (sampler.take()) halves[packet % 500 < 250 ? 0 : 1]! += 1;
    clock.advance(2);
  }
  assert(halves[1]! > halves[0]! / 2, `${halves}`);
});

Deno.test("after a flood everything is taken again", () => {
  const clock = new ManualClock();
  const sampler = new Sampler(clock, 100, random(3));
  secondOf(clock, sampler);
  clock.advance(1000);
  let taken = 0;
  for (let second = 0; second < 3; second++) {
    clock.advance(1000);
    for (let i = 0; i < 50; i++) taken += sampler.take() ? 1 : 0;
  }
  assert(taken > 100);
});

Deno.test("a rate of nothing is refused", () => {
  for (const rate of [0, -1, NaN]) {
    assert.throws(() => new Sampler(new ManualClock(), rate, Math.random), RangeError);
  }
});
