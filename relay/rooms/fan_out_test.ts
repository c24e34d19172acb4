import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeMedia } from "../../proto/media_packet.ts";
import type { Counters } from "../ports/counters.ts";
import type { DropReason } from "../ports/room_observer.ts";
import { DEFAULTS, type Guest, settle, TestRelay } from "./testing_rooms.ts";

/** What the counters say of packets. */
function tally({ counters }: { counters: Counters }) {
  const { packetsRejected, packetsDropped } = counters;
  const sum = (family: typeof packetsRejected | typeof packetsDropped) =>
    family.values.reduce((total, value) => total + family.get(value as never), 0);
  return {
    received: counters.packetsReceived,
    rejected: sum(packetsRejected),
    forwarded: counters.packetsForwarded,
    delivered: counters.packetsDelivered,
    dropped: sum(packetsDropped),
  };
}

/** A look at what changed since the last one. */
function balanced(relay: TestRelay): void {
  const { forwarded, delivered, dropped } = tally(relay);
  assert.equal(forwarded, delivered + dropped);
}

async function roomOf(relay: TestRelay, count: number): Promise<Guest[]> {
  const guests = [];
  for (let i = 0; i < count; i++) guests.push(await relay.join("general"));
  return guests;
}

Deno.test("a packet goes to all others, byte for byte and in order", async () => {
  const relay = new TestRelay();
  const [a, b, c] = await roomOf(relay, 3);
  const elsewhere = await relay.join("other");
  const quality = { loss_pct: 1, rtt_4ms: 2, jitter_ms: 3, bitrate_cap_kbps: 200 };
  const payload = Uint8Array.from({ length: 77 }, (_, i) => i);
  const packets = Array.from(
    { length: 50 },
    (_, seq) => encodeMedia({ codec: "Opus64k", seq, timestamp: seq, payload, quality }),
  );
  // The two bits nobody uses are passed on as well.
  packets[0]![1]! |= 3;
  for (const packet of packets) a!.connection.sendDatagram(packet);
  for (const guest of [b!, c!]) assert.deepEqual(guest.packets, packets);
  assert.deepEqual([a!.packets, elsewhere.packets], [[], []]);
  assert.deepEqual(tally(relay), {
    received: 50,
    rejected: 0,
    forwarded: 100,
    delivered: 100,
    dropped: 0,
  });
  assert.equal(relay.counters.bytesForwarded, 100 * 77);
});

Deno.test("each reason for a drop is counted once, and seen by observers", async () => {
  const relay = new TestRelay();
  const drops: [number | null, number | null, DropReason][] = [];
  relay.rooms.observe({
    dropped: (from, to, reason) => drops.push([from?.id ?? null, to?.id ?? null, reason]),
  });
  const alone = await relay.join("general");
  alone.speak(1);
  const blocked = await relay.join("general");
  const narrow = await relay.join("general", {}, { maxDatagramSize: 80 });
  const gone = await relay.join("general");
  blocked.server.blocked = true;
  gone.server.closeInfo = { kind: "peer", code: 0, reason: "" };
  alone.speak(2);
  alone.speak(3, new Uint8Array(90));
  alone.connection.sendDatagram(new Uint8Array(11));
  alone.connection.sendDatagram(new Uint8Array(12).fill(0xff));
  assert.deepEqual(drops, [
    [1, null, "no_receiver"],
    [1, 2, "slow_receiver"],
    [1, 4, "closed"],
    [1, 2, "slow_receiver"],
    [1, 3, "too_large"],
    [1, 4, "closed"],
    [1, null, "malformed"],
    [1, null, "malformed"],
  ]);
  const { packetsRejected, packetsDropped } = relay.counters;
  assert.deepEqual(packetsRejected.values.map((value) => packetsRejected.get(value)), [2, 0, 1]);
  assert.deepEqual(packetsDropped.values.map((value) => packetsDropped.get(value)), [1, 2, 0, 2]);
  assert.deepEqual(narrow.heard, [2]);
  balanced(relay);
});

Deno.test("a packet of somebody alone is for nobody only when there are no listeners elsewhere", async () => {
  const relay = new TestRelay();
  const alone = await relay.join("general");
  let listeners = 2;
  let asked = 0;
  const left: number[] = [];
  const stop = relay.rooms.observe({
    beyond: () => (asked += 1, listeners),
    left: (_participant, forwarded) => left.push(forwarded),
  });
  alone.speak(1);
  assert.deepEqual(tally(relay), {
    received: 1,
    rejected: 0,
    forwarded: 0,
    delivered: 0,
    dropped: 0,
  });
  listeners = 0;
  alone.speak(2);
  assert.equal(relay.counters.packetsRejected.get("no_receiver"), 1);
  const other = await relay.join("general");
  alone.speak(3);
  assert.deepEqual([asked, other.heard], [2, [3]]);
  other.connection.close();
  await settle();
  alone.connection.close();
  await settle();
  assert.deepEqual(left, [0, 2]);
  stop();
  const again = await relay.join("general");
  again.speak(4);
  assert.equal(relay.counters.packetsRejected.get("no_receiver"), 2);
  assert.equal(asked, 2);
});

Deno.test("a sender above its limits is held to them, others are not", async () => {
  const relay = new TestRelay();
  const [loud, honest] = await roomOf(relay, 2);
  for (let i = 0; i < 1_000; i++) loud!.speak(i, new Uint8Array(10));
  assert.equal(honest!.packets.length, 200);
  assert.equal(relay.counters.packetsRejected.get("rate_limited"), 800);
  honest!.speak(1);
  assert.deepEqual(loud!.heard, [1]);
  relay.settings = { ...DEFAULTS, max_packets_per_second: 1_000 };
  relay.clock.advance(1_000);
  for (let i = 0; i < 1_000; i++) loud!.speak(i, new Uint8Array(10));
  assert.equal(honest!.packets.length, 1_200);
  relay.clock.advance(1_000);
  for (let i = 0; i < 100; i++) loud!.speak(i, new Uint8Array(1_000));
  assert.equal(honest!.packets.length, 1_200 + Math.floor(32_000 / 1_012));
  balanced(relay);
});

Deno.test("observers see each valid packet before it is forwarded, and none when they left", async () => {
  const relay = new TestRelay();
  const [a, b] = await roomOf(relay, 2);
  const seen: [number, number, number, number][] = [];
  const stop = relay.rooms.observe({
    packet: (from, bytes, fanOut) => seen.push([from.id, bytes.length, fanOut, b!.packets.length]),
  });
  a!.speak(1);
  a!.connection.sendDatagram(new Uint8Array(3));
  await relay.join("general");
  a!.speak(2, new Uint8Array(0));
  stop();
  a!.speak(3);
  assert.deepEqual(seen, [[1, 72, 1, 0], [1, 12, 2, 1]]);
  assert.deepEqual(b!.heard, [1, 2, 3]);
});

Deno.test("a stale receiver is skipped until it has caught up", async () => {
  const relay = new TestRelay();
  const speaker = await relay.join("general");
  const requests: Uint8Array[] = [];
  const late = await relay.join("general", { caps: ["echo"] });
  const voice: Uint8Array[] = [];
  late.connection.onDatagram((bytes) => (bytes.length === 14 ? requests : voice).push(bytes));
  const answer = () => {
    const request = requests.shift()!;
    late.connection.sendDatagram(Uint8Array.from(request, (byte, at) => at === 1 ? 1 : byte));
  };
  relay.clock.advance(500);
  relay.clock.advance(20);
  answer();
  relay.clock.advance(480);
  relay.clock.advance(350);
  answer();
  speaker.speak(1);
  assert.equal(voice.length, 0);
  assert.equal(relay.counters.packetsDropped.get("stale_receiver"), 1);
  // It is asked again at once. This answer shows that the queue is shorter, but still there; the next one that it is gone.
  assert.equal(requests.length, 1);
  relay.clock.advance(140);
  answer();
  speaker.speak(2);
  assert.equal(voice.length, 0);
  relay.clock.advance(5);
  answer();
  speaker.speak(3);
  assert.equal(voice.length, 1);
  assert.equal(requests.length, 0);
  // Echoes are no packets.
  assert.equal(relay.counters.packetsReceived, 3);
  balanced(relay);
});

Deno.test("a client's own echo requests are answered if it announced them", async () => {
  const relay = new TestRelay();
  const request = Uint8Array.from([0x3c, 0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8]);
  const got: Uint8Array[] = [];
  const [ours, original] = [await relay.join("a", { caps: ["echo"] }), await relay.join("b")];
  for (const guest of [ours, original]) {
    guest.connection.onDatagram((bytes) => got.push(bytes));
    guest.connection.sendDatagram(request);
  }
  assert.deepEqual(got, [Uint8Array.from(request, (byte, at) => at === 1 ? 1 : byte)]);
  assert.equal(relay.counters.packetsRejected.get("malformed"), 1);
});

Deno.test("packets from elsewhere reach everybody in the room", async () => {
  const relay = new TestRelay();
  const guests = await roomOf(relay, 3);
  const packet = encodeMedia({
    codec: "Opus24k",
    seq: 5,
    timestamp: 0,
    payload: new Uint8Array(9),
  });
  assert.equal(relay.rooms.deliver("general", packet), 3);
  assert.equal(relay.rooms.deliver("nowhere", packet), 0);
  for (const guest of guests) assert.deepEqual(guest.heard, [5]);
  assert.deepEqual([relay.counters.packetsReceived, relay.counters.packetsDelivered], [0, 3]);
  balanced(relay);
});

Deno.test("what the transport dropped later is counted once, and no counter goes back", async () => {
  const relay = new TestRelay();
  const [speaker, receiver] = await roomOf(relay, 2);
  const server = receiver!.server as Guest["server"] & { droppedAfterSend?: number };
  for (let i = 0; i < 10; i++) speaker!.speak(i);
  server.droppedAfterSend = 3;
  relay.clock.advance(1_000);
  assert.deepEqual([tally(relay).delivered, tally(relay).dropped], [10, 0]);
  for (let i = 0; i < 2; i++) speaker!.speak(i);
  assert.deepEqual([tally(relay).delivered, tally(relay).dropped], [10, 2]);
  balanced(relay);
  // What a closed connection held is known only after it is closed.
  receiver!.leave();
  await settle();
  server.droppedAfterSend = 5;
  relay.clock.advance(500);
  const next = await relay.join("general");
  for (let i = 0; i < 10; i++) speaker!.speak(i);
  assert.equal(next.packets.length, 10);
  assert.deepEqual([tally(relay).delivered, tally(relay).dropped], [17, 5]);
  assert.equal(relay.counters.packetsDropped.get("too_large"), 3);
  assert.equal(relay.counters.packetsDropped.get("closed"), 2);
  balanced(relay);
});

Deno.test("what somebody sent before leaving still goes to all who stay", async () => {
  const relay = new TestRelay();
  const leaving = relay.arrive("general");
  let deliver = (_bytes: Uint8Array) => {};
  leaving.server.onDatagram = (receive) => deliver = receive;
  await leaving.join();
  const [a, b] = await roomOf(relay, 2);
  const fanOuts: number[] = [];
  relay.rooms.observe({ packet: (_from, _bytes, fanOut) => void fanOuts.push(fanOut) });
  const packet = new Uint8Array(20);
  deliver(packet);
  leaving.leave();
  await settle();
  deliver(packet);
  assert.deepEqual(fanOuts, [2, 2]);
  assert.deepEqual([a!.packets.length, b!.packets.length], [2, 2]);
  balanced(relay);
});

type Step =
  | { readonly do: "join"; readonly narrow: boolean }
  | { readonly do: "leave" | "block" | "kill" | "late"; readonly who: number }
  | { readonly do: "speak"; readonly who: number; readonly length: number }
  | { readonly do: "garbage"; readonly who: number; readonly bytes: Uint8Array }
  | { readonly do: "wait"; readonly ms: number };

Deno.test("whatever happens, fan-out = delivered + dropped, and nothing else is forwarded", async () => {
  const who = fc.nat(7);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant("join" as const), narrow: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom("leave", "block", "kill", "late"), who }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant("speak" as const), who, length: fc.nat(1_300) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("garbage" as const),
        who,
        bytes: fc.uint8Array({ maxLength: 40 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(800) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), async (steps) => {
      const relay = new TestRelay();
      const seen = { packets: 0, fanOut: 0, noReceiver: 0, drops: 0, late: 0 };
      relay.rooms.observe({
        packet(_from, _bytes, fanOut) {
          seen.packets += 1;
          seen.fanOut += fanOut;
          if (fanOut === 0) seen.noReceiver += 1;
        },
        dropped(from, to) {
          if (from === null) seen.late += 1;
          else if (to !== null) seen.drops += 1;
        },
      });
      const all: Guest[] = [];
      const inside: Guest[] = [];
      for (const action of steps) {
        const guest = "who" in action ? inside[action.who % inside.length] : undefined;
        if (action.do === "join") {
          const size = action.narrow ? { maxDatagramSize: 400 } : {};
          all.push(await relay.join("general", { readsSignals: 0 }, size));
          inside.push(all.at(-1)!);
        } else if (action.do === "wait") relay.clock.advance(action.ms);
        else if (guest === undefined) continue;
        else if (action.do === "speak") guest.speak(1, new Uint8Array(action.length));
        else if (action.do === "garbage") guest.connection.sendDatagram(action.bytes);
        else if (action.do === "block") guest.server.blocked = !guest.server.blocked;
        else if (action.do === "late") {
          const server = guest.server as typeof guest.server & { droppedAfterSend?: number };
          server.droppedAfterSend = (server.droppedAfterSend ?? 0) + 1;
        } else if (action.do === "kill") {
          // Closed, but not yet noticed by the room.
          guest.server.closeInfo ??= { kind: "error", code: 0, reason: "" };
        } else {
          inside.splice(inside.indexOf(guest), 1);
          guest.server.closeInfo = null;
          guest.leave();
          await settle();
        }
        const { received, rejected, forwarded, delivered, dropped } = tally(relay);
        assert.equal(forwarded, delivered + dropped);
        assert.equal(forwarded, seen.fanOut);
        assert.equal(received - rejected, seen.packets - seen.noReceiver);
        // The connections in memory carry everything they take, whatever they say later.
        const heard = all.reduce((total, { packets }) => total + packets.length, 0);
        assert.equal(heard, forwarded - seen.drops);
        assert(dropped >= seen.drops && dropped <= seen.drops + seen.late);
      }
    }),
    { numRuns: 60 },
  );
});
