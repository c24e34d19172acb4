import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { participant } from "../tap/testing_participant.ts";
import type { EventFields } from "./event_line.ts";
import { RoomEvents } from "./room_events.ts";

const alice = participant(1, { alias: "Alice" });
const bob = participant(2, { alias: null });

function events() {
  const clock = new ManualClock();
  const written: ({ event: string } & EventFields)[] = [];
  const rooms = new RoomEvents(clock, (event, fields) => {
    const set = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined);
    written.push({ event, ...Object.fromEntries(set) });
  });
  return { clock, written, rooms };
}

Deno.test("joins and leaves say who, where and how much was forwarded, and no address", () => {
  const { written, rooms } = events();
  rooms.joined(alice);
  rooms.joined(bob);
  rooms.left(alice, 42, false);
  rooms.left(bob, 0, true);
  const ofAlice = { room: "general", src: "session-1", fingerprint: "fp-1", alias: "Alice" };
  const ofBob = { room: "general", src: "session-2", fingerprint: "fp-2" };
  assert.deepEqual(written, [
    { event: "join", ...ofAlice },
    { event: "join", ...ofBob },
    { event: "leave", ...ofAlice, forwarded: 42 },
    { event: "leave", ...ofBob, action: "room_closed", forwarded: 0 },
  ]);
});

Deno.test("drops are told every five seconds, summed by who suffered them and why", () => {
  const { clock, written, rooms } = events();
  for (let i = 0; i < 1000; i++) rooms.dropped(alice, bob, "slow_receiver");
  for (let i = 0; i < 5; i++) rooms.dropped(alice, null, "rate_limited");
  rooms.dropped(null, bob, "closed");
  rooms.dropped(null, null, "malformed");
  assert.deepEqual(written, []);
  clock.advance(5_000);
  assert.deepEqual(written, [
    { event: "drop", room: "general", src: "session-1", reason: "rate_limited", count: 5 },
    { event: "drop", room: "general", dst: "session-2", reason: "slow_receiver", count: 1000 },
    { event: "drop", room: "general", dst: "session-2", reason: "closed", count: 1 },
  ]);
  assert.equal(clock.pending, 0);
  clock.advance(60_000);
  rooms.dropped(alice, bob, "slow_receiver");
  clock.advance(4_999);
  assert.equal(written.length, 3);
  clock.advance(1);
  assert.equal(written.length, 4);
});

Deno.test("a flood of drops of many participants is a bounded number of lines, and no drop is missing", () => {
  const { clock, written, rooms } = events();
  for (let id = 1; id <= 500; id++) {
    const person = participant(id);
    for (let i = 0; i < 3; i++) {
      rooms.dropped(alice, person, "slow_receiver");
      rooms.dropped(person, null, "malformed");
    }
    rooms.dropped(alice, person, "stale_receiver");
  }
  clock.advance(5_000);
  assert.equal(written.length, 203);
  const total = (reason: string) =>
    written.reduce((sum, drop) => sum + (drop.reason === reason ? Number(drop.count) : 0), 0);
  assert.deepEqual(
    ["slow_receiver", "malformed", "stale_receiver"].map(total),
    [1500, 1500, 500],
  );
  assert.deepEqual(written.slice(200), [
    { event: "drop", reason: "malformed", participants: 400, count: 1200 },
    { event: "drop", reason: "slow_receiver", participants: 450, count: 1350 },
    { event: "drop", reason: "stale_receiver", participants: 450, count: 450 },
  ]);
});

Deno.test("the drops of one that leaves are told before its leave", () => {
  const { clock, written, rooms } = events();
  rooms.dropped(alice, bob, "slow_receiver");
  rooms.dropped(bob, null, "malformed");
  rooms.left(bob, 1, false);
  assert.deepEqual(written.map(({ event, reason }) => reason ?? event), [
    "malformed",
    "slow_receiver",
    "leave",
  ]);
  clock.advance(5_000);
  assert.equal(written.length, 3);
});

Deno.test("a flush tells drops before their time, and then there is nothing to wait for", () => {
  const { clock, written, rooms } = events();
  rooms.dropped(alice, bob, "slow_receiver");
  rooms.flush();
  assert.equal(written.length, 1);
  assert.equal(clock.pending, 0);
});
