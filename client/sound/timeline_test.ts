import assert from "node:assert/strict";
import fc from "fast-check";
import { Timeline } from "./timeline.ts";

/** Late enough for everything to be possible. */
const LATER = 1e9;

Deno.test("packets that follow each other leave nothing out", () => {
  const timeline = new Timeline(0);
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(timeline.advance(LATER, i * 20, 20, 0), { concealMs: 0, silenceMs: 0 });
  }
});

Deno.test("what was lost is concealed, what was not sent is silence", () => {
  const timeline = new Timeline(0);
  timeline.advance(LATER, 0, 20, 0);
  assert.deepEqual(timeline.advance(LATER, 60, 20, 2), { concealMs: 40, silenceMs: 0 });
  assert.deepEqual(timeline.advance(LATER, 280, 20, 0), { concealMs: 0, silenceMs: 200 });
  assert.deepEqual(timeline.advance(LATER, 500, 20, 1), { concealMs: 20, silenceMs: 180 });
});

Deno.test("frames may change their length", () => {
  const timeline = new Timeline(0);
  timeline.advance(LATER, 0, 20, 0);
  assert.deepEqual(timeline.advance(LATER, 20, 40, 0), { concealMs: 0, silenceMs: 0 });
  assert.deepEqual(timeline.advance(LATER, 60, 20, 0), { concealMs: 0, silenceMs: 0 });
  // One 40 ms frame lost between frames of 20 ms.
  assert.deepEqual(timeline.advance(LATER, 120, 20, 1), { concealMs: 20, silenceMs: 20 });
});

Deno.test("timestamps in samples are noticed", () => {
  const timeline = new Timeline(0);
  timeline.advance(LATER, 0, 20, 0);
  assert.deepEqual(timeline.advance(LATER, 960, 20, 0), { concealMs: 0, silenceMs: 0 });
  assert.deepEqual(timeline.advance(LATER, 3 * 960, 20, 1), { concealMs: 20, silenceMs: 0 });
});

Deno.test("timestamps may wrap, and those that run backward say nothing", () => {
  const timeline = new Timeline(0);
  timeline.advance(LATER, 0xffff_fff6, 20, 0);
  assert.deepEqual(timeline.advance(LATER, 10, 20, 0), { concealMs: 0, silenceMs: 0 });
  assert.deepEqual(timeline.advance(LATER, 0, 20, 3), { concealMs: 60, silenceMs: 0 });
});

Deno.test("no sender can make more sound than time has passed, but for some seconds", () => {
  const packet = fc.tuple(fc.nat(0xffff_ffff), fc.constantFrom(20, 40), fc.nat(250), fc.nat(100));
  fc.assert(fc.property(fc.array(packet, { maxLength: 300 }), (packets) => {
    const timeline = new Timeline(0);
    let now = 0;
    let made = 0;
    for (const [timestamp, frameMs, lost, passed] of packets) {
      now += passed;
      const { concealMs, silenceMs } = timeline.advance(now, timestamp, frameMs, lost);
      assert.ok(concealMs >= 0 && silenceMs >= 0 && concealMs <= lost * 40);
      made += concealMs + silenceMs;
      assert.ok(made <= now + 5_000);
    }
  }));
});
