import assert from "node:assert/strict";
import { rmsOf } from "./level.ts";
import { pcmSource, toneSource } from "./source.ts";

Deno.test("a second of tone is fifty frames of 440 Hz", () => {
  const source = toneSource(1);
  const frames: Int16Array[] = [];
  for (let pcm = source.next(960); pcm !== null; pcm = source.next(960)) frames.push(pcm);
  assert.equal(frames.length, 50);
  const sound = frames.flatMap((pcm) => [...pcm]);
  const crossings = sound.filter((sample, i) => i > 0 && sound[i - 1]! < 0 && sample >= 0).length;
  assert.ok(Math.abs(crossings - 440) <= 1);
  assert.equal(Math.max(...sound), 16_000);
  assert.ok(Math.abs(rmsOf(Int16Array.from(sound)) - 16_000 / Math.SQRT2) < 1);
});

Deno.test("frames may change their length without a jump in the tone", () => {
  const changing = toneSource(1);
  const parts = [...changing.next(960)!, ...changing.next(1920)!, ...changing.next(960)!];
  assert.deepEqual(parts, [...toneSource(1).next(3840)!]);
});

Deno.test("a file is read as little-endian samples and its incomplete last frame is dropped", () => {
  const bytes = Uint8Array.of(0x01, 0x00, 0xff, 0xff, 0x00, 0x80, 0xff, 0x7f, 0x05);
  const source = pcmSource(bytes.subarray(0));
  assert.deepEqual([...source.next(2)!], [1, -1]);
  assert.deepEqual([...source.next(2)!], [-32768, 32767]);
  assert.equal(source.next(1), null);
  assert.equal(pcmSource(bytes).next(5), null);
});
