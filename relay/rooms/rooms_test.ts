import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { RoomParticipant } from "../../proto/signal/mod.ts";
import { PROFILES } from "../../proto/codec.ts";
import { parseAddressBlock } from "../config/address_block.ts";
import { packet } from "../tap/testing_participant.ts";
import { DEFAULTS, type Guest, settle, TestRelay } from "./testing_rooms.ts";

const SEED = new Uint8Array(32).fill(7);
const FINGERPRINT = new Identity(nodeCrypto, SEED).fingerprint;

function aliases(guest: Guest): (string | null)[] {
  return guest.room!.participants.map(({ alias }) => alias);
}

Deno.test("everybody is told the whole list, in join order, on every change", async () => {
  const relay = new TestRelay();
  const a = await relay.join("general", { alias: "a" });
  const b = await relay.join("general", { alias: "b" });
  const c = await relay.join("general", { alias: "c" });
  for (const guest of [a, b, c]) await guest.inRoomOf(3);
  b.leave();
  for (const guest of [a, c]) {
    await guest.inRoomOf(2);
    assert.deepEqual(aliases(guest), ["a", "c"]);
  }
  const d = await relay.join("general", { alias: "d" });
  await d.inRoomOf(3);
  assert.deepEqual(aliases(d), ["a", "c", "d"]);
  assert.deepEqual(a.received("RoomUpdate").map(({ count }) => count), [1, 2, 3, 2, 3]);
  for (const { count, participants } of a.received("RoomUpdate")) {
    assert.equal(count, participants.length);
  }
});

Deno.test("rooms appear with the first and vanish with the last", async () => {
  const relay = new TestRelay();
  const seen = () => [...relay.rooms.list()].map((r) => [r.name, r.participants.length]);
  assert.deepEqual(seen(), []);
  const a = await relay.join("one");
  const b = await relay.join("two");
  const c = await relay.join("two");
  assert.deepEqual(seen(), [["one", 1], ["two", 2]]);
  assert.deepEqual([relay.counters.activeRooms, relay.counters.activeSessions], [2, 3]);
  a.leave();
  b.leave();
  await settle();
  assert.deepEqual(seen(), [["two", 1]]);
  c.leave();
  await settle();
  assert.deepEqual(seen(), []);
  assert.deepEqual([relay.counters.activeRooms, relay.counters.activeSessions], [0, 0]);
  assert.equal(relay.held, 0);
  // The looks at connections end too, after one more at those that left.
  relay.clock.advance(1_000);
  assert.equal(relay.clock.pending, 0);
});

Deno.test("whoever joins while the last one leaves is in the room", async () => {
  const relay = new TestRelay();
  for (let round = 0; round < 20; round++) {
    const last = await relay.join("general");
    const next = relay.arrive("general");
    const joining = next.join();
    for (let wait = 0; wait < round; wait++) await null;
    last.leave();
    await joining;
    await next.inRoomOf(1);
    assert.equal(relay.rooms.participants("general").length, 1);
    next.leave();
    await settle();
  }
});

Deno.test("of many who come at once exactly as many get in as there are places", async () => {
  const relay = new TestRelay();
  relay.settings = { ...DEFAULTS, max_room_participants: 5 };
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, () => relay.join("general")),
  );
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 5);
  assert.equal(relay.counters.joins.get("room_full"), 7);
});

Deno.test("the same fingerprint may take part twice", async () => {
  const relay = new TestRelay();
  const first = await relay.join("general", { seed: SEED });
  const second = await relay.join("general", { seed: SEED });
  await first.inRoomOf(2);
  await second.inRoomOf(2);
  first.speak(1);
  second.speak(2);
  assert.deepEqual([first.heard, second.heard], [[2], [1]]);
  assert.equal(relay.present.length, 2);
  first.leave();
  await second.inRoomOf(1);
  assert.deepEqual(relay.present, [`${FINGERPRINT}@general`]);
});

Deno.test("each limit refuses with its reason, and counts at once when it changes", async () => {
  const relay = new TestRelay();
  await relay.join("general", { seed: SEED });
  const refused = async (
    settings: Partial<typeof DEFAULTS>,
    reason: RegExp,
    room = "other",
    seed?: Uint8Array,
  ) => {
    relay.settings = { ...DEFAULTS, ...settings };
    await assert.rejects(relay.join(room, seed ? { seed } : {}), reason);
  };
  const rules = { allow: null, max_participants: null };
  await refused({ max_sessions: 1 }, /server full/);
  await refused({ max_sessions_per_address: 1 }, /too many sessions/);
  await refused({ max_sessions_per_fingerprint: 1 }, /too many sessions/, "other", SEED);
  await refused({ max_room_participants: 1 }, /room full/, "general");
  await refused({ rooms: [{ ...rules, name: "general", max_participants: 1 }] }, /room/, "general");
  await refused({ rooms: [{ ...rules, name: "other", allow: [FINGERPRINT] }] }, /denied/);
  await refused({ rooms: [{ ...rules, name: "other", allow: [] }] }, /denied/, "other", SEED);
  await refused({ deny_fingerprints: [FINGERPRINT] }, /denied/, "other", SEED);
  // None of them is in the way of others.
  relay.settings = {
    ...DEFAULTS,
    max_sessions: 3,
    max_sessions_per_fingerprint: 2,
    max_room_participants: 1,
    rooms: [{ name: "other", allow: [FINGERPRINT], max_participants: 2 }],
  };
  await relay.join("other", { seed: SEED });
  await relay.join("third");
});

Deno.test("a place is free again when its session ends", async () => {
  const relay = new TestRelay();
  relay.settings = { ...DEFAULTS, max_sessions: 1, max_sessions_per_fingerprint: 1 };
  for (let i = 0; i < 3; i++) {
    const guest = await relay.join("general", { seed: SEED });
    guest.leave();
    await settle();
  }
});

Deno.test("those who are denied by a reload are closed", async () => {
  const relay = new TestRelay();
  const denied = await relay.join("general", { seed: SEED });
  const other = await relay.join("general");
  relay.settings = { ...DEFAULTS, deny_fingerprints: [FINGERPRINT] };
  relay.rooms.closeDenied();
  assert.equal((await denied.connection.closed).reason, "denied");
  await other.inRoomOf(1);
  relay.settings = { ...DEFAULTS, deny_addresses: [parseAddressBlock("127.0.0.1")!] };
  relay.rooms.closeDenied();
  assert.equal((await other.connection.closed).reason, "denied");
});

Deno.test("in large rooms changes are told together after 100 ms", async () => {
  const relay = new TestRelay();
  const first = await relay.join("general");
  for (let i = 1; i < 20; i++) await relay.join("general");
  await first.inRoomOf(20);
  const before = first.received("RoomUpdate").length;
  const more: Guest[] = [];
  for (let i = 0; i < 5; i++) more.push(await relay.join("general"));
  relay.clock.advance(99);
  await settle();
  assert.equal(first.received("RoomUpdate").length, before);
  relay.clock.advance(1);
  await first.inRoomOf(25);
  assert.equal(first.received("RoomUpdate").length, before + 1);
  for (const guest of more) await guest.inRoomOf(25);
  // Back at twenty, changes are told at once, and nothing old comes after.
  for (const guest of more) guest.leave();
  await first.inRoomOf(20);
  const after = first.received("RoomUpdate").length;
  relay.clock.advance(500);
  await settle();
  assert.equal(first.received("RoomUpdate").length, after);
});

Deno.test("an alias is bounded and otherwise passed as it is", async () => {
  const relay = new TestRelay();
  const guest = await relay.join("general", { alias: '<script>"\n' + "x".repeat(50_000) });
  await guest.inRoomOf(1);
  assert.equal(aliases(guest)[0], '<script>"\n' + "x".repeat(54));
});

Deno.test("observers see who joins and leaves, and the lists", async () => {
  const relay = new TestRelay();
  const events: string[] = [];
  const stop = relay.rooms.observe({
    joined: ({ id, session, room, alias, address }) =>
      events.push(`join ${id} ${session} ${room} ${alias} ${address}`),
    left: ({ id }, forwarded, closed) => events.push(`leave ${id} ${forwarded} ${closed}`),
    roomUpdate: (room, names) => events.push(`update ${room} ${names.join()}`),
  });
  const a = await relay.join("general", { alias: "a" });
  const b = await relay.join("general", { alias: "b" });
  a.speak(1);
  a.speak(2);
  a.leave();
  await settle();
  b.leave();
  await settle();
  assert.deepEqual(events, [
    "join 1 t-1 general a 127.0.0.1:50000",
    "update general a",
    "join 2 t-2 general b 127.0.0.1:50000",
    "update general a,b",
    "leave 1 2 false",
    "update general b",
    "leave 2 0 true",
  ]);
  stop();
  await relay.join("general");
  assert.equal(events.length, 7);
});

Deno.test("participants of other relays are listed behind the local ones", async () => {
  const remote: RoomParticipant[] = [
    { fingerprint: FINGERPRINT, alias: "twice", relay_label: "B" },
    { fingerprint: "far", alias: "far", relay_label: "B" },
  ];
  const relay = new TestRelay({ remote: (room) => room === "general" ? remote : [] });
  const guest = await relay.join("general", { seed: SEED, alias: "me" });
  await guest.inRoomOf(2);
  assert.deepEqual(aliases(guest), ["me", "far"]);
  remote.pop();
  relay.rooms.refresh("general");
  await guest.inRoomOf(1);
  const elsewhere = await relay.join("other");
  await elsewhere.inRoomOf(1);
});

Deno.test("a directive reaches everybody in the room and the observers", async () => {
  const relay = new TestRelay();
  const seen: unknown[] = [];
  relay.rooms.observe({ directive: (...what) => seen.push(what) });
  const inside = await relay.join("general");
  const outside = await relay.join("other");
  relay.rooms.direct("general", PROFILES.DEGRADED, "weakest link: Degraded");
  await inside.until(() => inside.received("QualityDirective").length === 1);
  assert.deepEqual(inside.received("QualityDirective")[0], {
    type: "QualityDirective",
    recommended_profile: PROFILES.DEGRADED,
    reason: "weakest link: Degraded",
  });
  await settle();
  assert.equal(outside.received("QualityDirective").length, 0);
  assert.deepEqual(seen, [["general", "Opus6k", "weakest link: Degraded"]]);
});

Deno.test("a drain refuses newcomers and tells those who understand it", async () => {
  const relay = new TestRelay();
  const ours = await relay.join("general", { caps: ["drain"] });
  const original = await relay.join("general");
  const late = relay.arrive("general");
  await settle();
  relay.rooms.drain({ deadline_ms: 5_000, relays: ["B|192.0.2.1:4433"], reason: "update" });
  await ours.until(() => ours.received("RelayDraining").length === 1);
  assert.deepEqual(ours.received("RelayDraining")[0], {
    type: "RelayDraining",
    deadline_ms: 5_000,
    relays: ["B|192.0.2.1:4433"],
    reason: "update",
  });
  await assert.rejects(late.join(), /draining/);
  assert.equal((await relay.arrive("general").connection.closed).reason, "draining");
  await settle();
  assert.equal(original.received("RelayDraining").length, 0);
  assert.equal(original.connection.closeInfo, null);
  assert.equal(relay.held, 2);
  relay.rooms.closeAll("shutdown");
  for (const guest of [ours, original]) {
    assert.equal((await guest.connection.closed).reason, "shutdown");
  }
  await settle();
  assert.equal(relay.held, 0);
});

Deno.test("200 RoomUpdates to a client that never reads cost others nothing", async () => {
  const relay = new TestRelay();
  const deaf = await relay.join("general", { alias: "deaf", readsSignals: 0 });
  const tired = await relay.join("general", { alias: "tired", readsSignals: 5 });
  const other = await relay.join("general", { alias: "other" });
  for (let i = 0; i < 100; i++) {
    const passing = await relay.join("general");
    await other.inRoomOf(4);
    passing.leave();
    await other.inRoomOf(3);
  }
  assert.equal(relay.rooms.participants("general").length, 3);
  // Who once read and stopped is stuck. Who never did is a client of the original kind: its audio goes on, and what
  // waits for it is bounded.
  for (let i = 0; i < 25; i++) {
    relay.clock.advance(500);
    await settle();
  }
  assert.equal((await tired.connection.closed).reason, "slow consumer");
  await other.inRoomOf(2);
  assert.equal(relay.counters.slowConsumers, 1);
  other.speak(1);
  assert.deepEqual(deaf.heard, [1]);
  // Of 301, less those its transport and its channel took without being asked.
  assert(relay.counters.signalsDropped.get("coalesced") > 170);
});

Deno.test("a receiver whose queue stays full is closed, the others hear everything", async () => {
  const relay = new TestRelay();
  const speaker = await relay.join("general");
  const slow = await relay.join("general");
  const fast = await relay.join("general");
  slow.server.blocked = true;
  let seq = 0;
  while (slow.connection.closeInfo === null && seq < 1_000) {
    speaker.speak(++seq);
    relay.clock.advance(20);
  }
  assert.equal((await slow.connection.closed).reason, "slow consumer");
  assert(seq * 20 >= 10_000 && seq * 20 < 11_000, String(seq));
  assert.equal(fast.packets.length, seq);
  assert.equal(relay.counters.packetsDropped.get("slow_receiver"), seq);
});

Deno.test("a client that announced echoes is asked twice a second, an original never", async () => {
  const relay = new TestRelay();
  const asked = { ours: 0, original: 0 };
  const ours = await relay.join("general", { caps: ["echo"] });
  const original = await relay.join("general");
  ours.connection.onDatagram(() => void asked.ours++);
  original.connection.onDatagram(() => void asked.original++);
  relay.clock.advance(5_000);
  assert.deepEqual(asked, { ours: 10, original: 0 });
});

Deno.test("who is kicked is gone, and refused until the time is over", async () => {
  const relay = new TestRelay();
  const first = await relay.join("general", { seed: SEED });
  const second = await relay.join("other", { seed: SEED });
  const bystander = await relay.join("general");
  const [session] = [...relay.rooms.views()].map(({ participant }) => participant.session);
  assert.equal(relay.rooms.kick("nobody", 60_000), null);
  assert.equal(relay.rooms.kick(session!, 60_000)?.fingerprint, FINGERPRINT);
  assert.equal((await first.connection.closed).reason, "kicked");
  assert.equal((await second.connection.closed).reason, "kicked");
  await bystander.inRoomOf(1);
  await assert.rejects(relay.join("general", { seed: SEED }), /kicked/);
  assert.equal(relay.counters.joins.get("kicked"), 1);
  relay.clock.advance(60_000);
  const again = await relay.join("general", { seed: SEED });
  // Without a time only this session ends, and may come again.
  const other = await relay.join("other", { seed: SEED });
  const views = [...relay.rooms.views()].map(({ participant }) => participant);
  relay.rooms.kick(views.find(({ room }) => room === "other")!.session, 0);
  assert.equal((await other.connection.closed).reason, "kicked");
  await (await relay.join("other", { seed: SEED })).inRoomOf(1);
  assert.equal(again.connection.closeInfo, null);
});

Deno.test("sessions are shown with what they sent, what reached somebody and when they came", async () => {
  const relay = new TestRelay();
  const alone = await relay.join("general", { alias: "alone" });
  relay.clock.advance(1_500);
  await alone.connection.sendDatagram(packet(1));
  await settle();
  const partner = await relay.join("general", { alias: "partner" });
  await alone.inRoomOf(2);
  alone.connection.sendDatagram(packet(2));
  alone.connection.sendDatagram(new Uint8Array(3));
  await settle();
  const views = [...relay.rooms.views()];
  assert.deepEqual(
    views.map(({ participant, since, packetsReceived, packetsForwarded }) => [
      participant.alias,
      since,
      packetsReceived,
      packetsForwarded,
    ]),
    [["alone", 0, 3, 1], ["partner", 1_500, 0, 0]],
  );
  assert.deepEqual(
    [views[0]!.lossPct, views[0]!.rttMs, views[0]!.audioAgeMs],
    [null, null, null],
  );
  relay.counters.sessionLoss.child(views[1]!.participant.session).value = 7;
  assert.deepEqual([...relay.rooms.views()].map(({ lossPct }) => lossPct), [null, 7]);
  assert.equal(relay.counters.bytesReceived, 2 * packet(1).length + 3);
  assert.equal(relay.counters.bytesSent, packet(1).length);
  partner.leave();
});
