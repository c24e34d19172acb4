import assert from "node:assert/strict";
import fc from "fast-check";
import { SpeakerQuality } from "./speaker_quality.ts";

/** Packets of 20 ms, all on time, but for those that do not come. */
function heard(count: number, comes: (i: number) => boolean, first = 0): SpeakerQuality {
  const quality = new SpeakerQuality();
  for (let i = 0; i < count; i++) {
    if (comes(i)) quality.arrived((first + i) & 0xffff, 20, i * 20);
  }
  return quality;
}

Deno.test("nothing is known before the first packet", () => {
  assert.equal(new SpeakerQuality().figures(), null);
});

Deno.test("packets on time have neither loss nor jitter, also where numbers begin again", () => {
  const figures = heard(100, () => true, 0xfff0).figures();
  assert.deepEqual(figures, { latencyMs: 0, jitterMs: 0, lossPct: 0 });
});

Deno.test("every tenth packet missing is ten percent of loss", () => {
  const { lossPct, jitterMs } = heard(1_001, (i) => i % 10 !== 5).figures()!;
  assert.ok(Math.abs(lossPct - 10) < 0.5, `${lossPct}`);
  assert.equal(jitterMs, 0, "two frames after a lost packet are no jitter");
});

Deno.test("loss is forgotten after ten seconds of packets", () => {
  assert.equal(heard(700, (i) => i > 100 || i % 2 === 0).figures()!.lossPct, 0);
});

Deno.test("packets that overtake each other are not lost, and repetitions do not count", () => {
  const quality = new SpeakerQuality();
  for (const seq of [0, 1, 3, 2, 2, 4]) quality.arrived(seq, 20, seq * 20);
  assert.equal(quality.figures()!.lossPct, 0);
});

Deno.test("jitter is how much the distances of packets differ from those of their frames", () => {
  const quality = new SpeakerQuality();
  for (let i = 0; i < 500; i++) quality.arrived(i, 20, i * 20 + (i % 2) * 10);
  assert.ok(Math.abs(quality.figures()!.jitterMs - 10) < 0.5);
});

Deno.test("a pause in speech, or another stream, is neither loss nor jitter", () => {
  const quality = new SpeakerQuality();
  for (let i = 0; i < 50; i++) quality.arrived(i, 20, i * 20);
  quality.arrived(50, 20, 60_000);
  quality.arrived(30_000, 20, 60_020);
  assert.deepEqual(quality.figures(), { latencyMs: 0, jitterMs: 0, lossPct: 0 });
});

Deno.test("a break of the path is loss, however long within the window", () => {
  for (const missing of [30, 90, 300]) {
    const quality = heard(800, (i) => i < 400 || i >= 400 + missing);
    assert.equal(quality.figures()!.lossPct, missing / 5, `${missing} packets`);
  }
});

Deno.test("a second speaker between the packets of the first one is no loss", () => {
  const quality = new SpeakerQuality();
  for (let i = 0; i < 400; i++) {
    quality.arrived(i, 20, i * 20);
    quality.arrived(i + 200, 20, i * 20 + 10);
  }
  assert.equal(quality.figures()!.lossPct, 0);
});

Deno.test("whatever arrives, figures stay in their bounds", () => {
  const packets = fc.array(fc.tuple(fc.nat(0xffff), fc.nat(500)), { maxLength: 200 });
  fc.assert(fc.property(packets, (all) => {
    const quality = new SpeakerQuality();
    let now = 0;
    for (const [seq, wait] of all) quality.arrived(seq, 20, now += wait);
    const figures = quality.figures();
    if (figures === null) return;
    assert.ok(figures.lossPct >= 0 && figures.lossPct <= 100);
    assert.ok(figures.jitterMs >= 0 && Number.isFinite(figures.jitterMs));
  }));
});
