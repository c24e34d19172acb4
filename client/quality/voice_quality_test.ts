import assert from "node:assert/strict";
import { VoiceQuality } from "./voice_quality.ts";

const path = (rttMs: number, lossPercent = 0) => ({ rttMs, jitterMs: 0, lossPercent });

Deno.test("each relay has its own score, and that of the present one counts", () => {
  const quality = new VoiceQuality();
  assert.equal(quality.score, null);
  for (let i = 0; i < 20; i++) quality.sample(i * 1_000, "a:1", path(20, 20));
  const poor = quality.score!;
  for (let i = 20; i < 40; i++) quality.sample(i * 1_000, "b:1", path(20));
  assert.equal(quality.score, 100);
  assert.ok(poor < 50);
  assert.deepEqual(quality.relays().map(({ relay, score }) => [relay, score]), [
    ["a:1", Math.round(poor * 10) / 10],
    ["b:1", 100],
  ]);
});

Deno.test("where nothing tells there is no score, and a way without a relay has one", () => {
  const quality = new VoiceQuality();
  quality.sample(0, "a:1", null);
  assert.deepEqual([quality.score, quality.trend, quality.peer()], [null, null, null]);
  quality.sample(1_000, null, path(10));
  assert.deepEqual(quality.relays().map(({ relay }) => relay), [null]);
});

Deno.test("minutes are told with their Unix time", () => {
  const quality = new VoiceQuality();
  const start = 1_775_000_040_000;
  for (let i = 0; i < 61; i++) quality.sample(start + i * 1_000, "a:1", path(40, 5));
  assert.deepEqual(quality.relays()[0]!.minutes, [
    { at_ms: start, score: 79.6, latency_ms: 40, jitter_ms: 0, loss_pct: 5 },
  ]);
});

Deno.test("those who are heard have a score of their own", () => {
  const quality = new VoiceQuality();
  for (let i = 0; i < 40; i++) if (i % 4 !== 1) quality.speaker.arrived(i, 20, i * 20);
  quality.sample(1_000, "a:1", path(10));
  const peer = quality.peer()!;
  assert.equal(peer.loss_pct, 25);
  assert.equal(peer.score, Math.round(quality.peerScore! * 10) / 10);
  assert.ok(peer.score! < 60);
});

Deno.test("relays of a long session are not kept for ever", () => {
  const quality = new VoiceQuality();
  for (let i = 0; i < 50; i++) quality.sample(i * 1_000, `r${i}:1`, path(10));
  assert.equal(quality.relays().length, 16);
});
