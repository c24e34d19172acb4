import assert from "node:assert/strict";
import { LevelMeter, rmsOf } from "./level.ts";

Deno.test("the level is the root of the mean square of everything added", () => {
  const meter = new LevelMeter();
  assert.equal(meter.rms, 0);
  meter.add(Int16Array.of(3, -3));
  meter.add(Int16Array.of(-3, 3, 5, 5, 5, -5));
  assert.equal(meter.rms, Math.sqrt((4 * 9 + 4 * 25) / 8));
  assert.equal(rmsOf(Int16Array.of(-32768, 32767)), Math.sqrt((32768 ** 2 + 32767 ** 2) / 2));
});
