import assert from "node:assert/strict";
import { comfortNoise, SilenceDetector } from "./silence.ts";

const loud = new Int16Array(960).fill(100);
const quiet = new Int16Array(960).fill(99);

Deno.test("five silent frames are sent, then every tenth is comfort noise and the others nothing", () => {
  const detector = new SilenceDetector();
  const decisions = Array.from({ length: 25 }, () => detector.decide(quiet));
  assert.deepEqual(decisions, [
    ...Array(5).fill("send"),
    ...Array(9).fill("nothing"),
    "noise",
    ...Array(9).fill("nothing"),
    "noise",
  ]);
});

Deno.test("sound ends silence at once and begins the count anew", () => {
  const detector = new SilenceDetector();
  for (let i = 0; i < 9; i++) detector.decide(quiet);
  assert.equal(detector.decide(loud), "send");
  assert.deepEqual(Array.from({ length: 6 }, () => detector.decide(quiet)), [
    ...Array(5).fill("send"),
    "nothing",
  ]);
});

Deno.test("comfort noise keeps to its amplitude", () => {
  assert.deepEqual([...comfortNoise(3, 50, () => 1)], [50, 50, 50]);
  assert.deepEqual([...comfortNoise(3, 50, () => 0)], [-50, -50, -50]);
  assert.ok(comfortNoise(960).every((sample) => Math.abs(sample) <= 50));
});
