import assert from "node:assert/strict";
import { Concealment } from "./concealment.ts";
import { rmsOf } from "./level.ts";
import { toneSource } from "./source.ts";

/** Largest step between neighbours. */
function roughest(sound: Int16Array): number {
  return sound.reduce(
    (most, sample, i) => i ? Math.max(most, Math.abs(sample - sound[i - 1]!)) : 0,
    0,
  );
}

function joined(...parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("a lost frame of a tone goes on with the tone, without a click at either end", () => {
  const source = toneSource(1);
  const concealment = new Concealment();
  const [before, missed, after] = [source.next(960)!, source.next(960)!, source.next(960)!];
  const smooth = roughest(joined(before, missed, after));
  concealment.follow(before);
  const made = concealment.conceal(960);
  concealment.follow(after);
  assert.ok(rmsOf(made.subarray(0, 480)) > 0.95 * rmsOf(missed.subarray(0, 480)));
  assert.ok(roughest(joined(before, made, after)) < 1.3 * smooth);
});

Deno.test("it fades out and stays silent", () => {
  const concealment = new Concealment();
  concealment.follow(toneSource(1).next(960)!);
  const levels = [1, 2, 3, 4, 5].map(() => Math.round(rmsOf(concealment.conceal(960))));
  assert.deepEqual(levels.toSorted((a, b) => b - a), levels);
  assert.deepEqual(levels.slice(3), [0, 0]);
});

Deno.test("it is the same sound whether asked for at once or frame by frame", () => {
  const [once, often] = [new Concealment(), new Concealment()];
  for (const each of [once, often]) each.follow(toneSource(1).next(960)!);
  assert.deepEqual(once.conceal(1920), joined(often.conceal(960), often.conceal(960)));
});

Deno.test("before any sound there is silence", () => {
  assert.ok(new Concealment().conceal(960).every((sample) => sample === 0));
});

Deno.test("sound without a gap before it is left alone", () => {
  const concealment = new Concealment();
  const pcm = toneSource(1).next(960)!;
  const before = pcm.slice();
  concealment.follow(pcm);
  assert.deepEqual(pcm, before);
});
