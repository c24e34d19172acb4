import assert from "node:assert/strict";
import { toneSource } from "../../client/sound/source.ts";
import { judgeTone } from "./tone_recording.ts";

const SECOND = 48_000;

function tone(seconds: number): Int16Array {
  return toneSource(seconds).next(seconds * SECOND)!;
}

const bytesOf = (pcm: Int16Array) => new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);

Deno.test("a whole tone has no gap and does not slip", () => {
  const { ms, gaps, slipMs } = judgeTone(bytesOf(tone(3)));
  assert.deepEqual([ms, gaps], [3_000, []]);
  assert.ok(slipMs < 0.01);
});

Deno.test("silence in it is a gap, found where it is", () => {
  const pcm = tone(3);
  pcm.fill(0, SECOND, 2 * SECOND);
  const { gaps, slipMs } = judgeTone(bytesOf(pcm));
  assert.deepEqual(gaps, [{ atMs: 1_000, ms: 1_000 }]);
  assert.ok(slipMs < 0.01);
});

Deno.test("what is heard twice, or left out without a trace, slips", () => {
  const pcm = tone(3);
  const twice = new Int16Array([...pcm.subarray(0, SECOND), ...pcm.subarray(SECOND - 960)]);
  const short = new Int16Array([...pcm.subarray(0, SECOND), ...pcm.subarray(SECOND + 960)]);
  // 20 ms are 8.8 turns, so 0.2 of one are seen.
  for (const wrong of [twice, short]) assert.ok(judgeTone(bytesOf(wrong)).slipMs > 0.3);
});
