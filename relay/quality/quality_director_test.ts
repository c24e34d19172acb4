import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { createCounters } from "../counters/counters.ts";
import type { ParticipantView } from "../ports/room_observer.ts";
import { packet, participant } from "../tap/testing_participant.ts";
import { QualityDirector } from "./quality_director.ts";

const alice = participant(1);
const bob = participant(2);
const carol = participant(3, { room: "other" });

const poor = packet(1, "Opus24k", {
  quality: { loss_pct: 51, rtt_4ms: 0, jitter_ms: 0, bitrate_cap_kbps: 200 },
});

function director(...people: ParticipantView[]) {
  const clock = new ManualClock();
  const counters = createCounters();
  const told: string[] = [];
  const watch = new QualityDirector({
    clock,
    gauges: counters,
    direct: (room, profile, reason) => told.push(`${room}: ${profile.codec}, ${reason}`),
  });
  for (const person of people) watch.joined(person);
  const report = (from: ParticipantView, bytes: Uint8Array, count: number) => {
    for (let i = 0; i < count; i++) watch.packet(from, bytes);
  };
  return { clock, counters, told, watch, report };
}

Deno.test("poor reports of one participant direct its room and no other", () => {
  const { told, report } = director(alice, bob, carol);
  report(alice, poor, 2);
  assert.deepEqual(told, []);
  report(alice, poor, 1);
  assert.deepEqual(told, ["general: Codec2_1200, weakest link: Catastrophic"]);
  report(carol, poor, 3);
  assert.equal(told[1], "other: Codec2_1200, weakest link: Catastrophic");
});

Deno.test("bytes that look like a report are none without the flag", () => {
  const { counters, told, report } = director(alice);
  report(alice, packet(1, "Opus24k", { payload: new Uint8Array(60).fill(0xff) }), 10);
  assert.deepEqual(told, []);
  assert.equal(counters.sessionLoss.size, 0);
});

Deno.test("a leave and silence direct the room too", () => {
  const { clock, told, watch, report } = director(alice, bob);
  report(alice, poor, 3);
  watch.left(alice, 3, false);
  assert.equal(told[1], "general: Opus24k, weakest link: Good");
  report(bob, poor, 3);
  assert.equal(told.length, 3);
  clock.advance(10_000);
  assert.equal(told.length, 3);
  clock.advance(1_000);
  assert.equal(told[3], "general: Opus24k, weakest link: Good");
});

Deno.test("an empty room is forgotten: nobody is told, and the next to come finds it good", () => {
  const { clock, counters, told, watch, report } = director(alice);
  report(alice, poor, 3);
  watch.left(alice, 3, true);
  assert.equal(told.length, 1);
  assert.equal(clock.pending, 0);
  assert.equal(counters.sessionLoss.size, 0);
  report(alice, poor, 3);
  watch.joined(bob);
  report(bob, poor, 3);
  assert.equal(told.length, 2);
});

Deno.test("one timer serves all rooms, and only while there are any", () => {
  const { clock, watch } = director(alice, bob, carol);
  assert.equal(clock.pending, 1);
  watch.left(carol, 0, true);
  assert.equal(clock.pending, 1);
  watch.left(alice, 0, false);
  watch.left(bob, 0, true);
  assert.equal(clock.pending, 0);
  watch.joined(alice);
  assert.equal(clock.pending, 1);
});
