import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import type { RoomObserver } from "../ports/room_observer.ts";
import type { TapSubscription } from "../ports/tap.ts";
import { TapHub } from "./tap_hub.ts";
import { packet, participant } from "./testing_participant.ts";

const alice = participant(1);
const bob = participant(2);
const carol = participant(3, { room: "other" });

function hub(random: () => number = () => 0) {
  const clock = new ManualClock(1_000);
  const installed = new Set<RoomObserver>();
  const tap = new TapHub({
    clock,
    random,
    observe: (observer) => {
      installed.add(observer);
      return () => installed.delete(observer);
    },
  });
  return { clock, tap, installed, observer: () => [...installed][0]! };
}

Deno.test("rooms know of the tap only while somebody listens", () => {
  const { tap, installed } = hub();
  assert.equal(installed.size, 0);
  const first = tap.subscribe({ room: null });
  const second = tap.subscribe({ room: null });
  assert.equal(installed.size, 1);
  first.close();
  first.close();
  assert.equal(installed.size, 1);
  second.close();
  assert.equal(installed.size, 0);
  tap.subscribe({ room: null }).close();
  assert.equal(installed.size, 0);
});

Deno.test("a subscriber is told everything that happens, in order and with its time", () => {
  const { clock, tap, observer } = hub();
  const subscription = tap.subscribe({ room: null });
  const watch = observer();
  watch.joined!(alice);
  clock.advance(5);
  watch.roomUpdate!("general", ["Alice", null]);
  watch.packet!(alice, packet(7, "Opus32k", { fecBlock: 3, fecSymbol: 4, repair: true }), 2);
  watch.dropped!(alice, bob, "slow_receiver");
  watch.dropped!(null, null, "malformed");
  watch.directive!("general", "Opus6k", "weakest link: Degraded");
  watch.left!(alice, 9, true);
  assert.deepEqual(subscription.take(), {
    events: [
      { kind: "join", at: 1000, participant: alice },
      { kind: "room_update", at: 1005, room: "general", aliases: ["Alice", null] },
      {
        kind: "packet",
        at: 1005,
        from: alice,
        seq: 7,
        codec: "Opus32k",
        timestamp: 140,
        fecBlock: 3,
        fecSymbol: 4,
        repair: true,
        length: 60,
        fanOut: 2,
      },
      { kind: "drop", at: 1005, from: alice, to: bob, reason: "slow_receiver" },
      { kind: "drop", at: 1005, from: null, to: null, reason: "malformed" },
      {
        kind: "directive",
        at: 1005,
        room: "general",
        codec: "Opus6k",
        reason: "weakest link: Degraded",
      },
      { kind: "leave", at: 1005, participant: alice, forwarded: 9, roomClosed: true },
    ],
    skipped: 0,
    unsampled: 0,
  });
  assert.deepEqual(subscription.take(), { events: [], skipped: 0, unsampled: 0 });
});

/** Everything an observer can be told, once per room. */
function everything(watch: RoomObserver) {
  for (const person of [alice, carol]) {
    watch.joined!(person);
    watch.packet!(person, packet(1), 1);
    watch.dropped!(person, null, "no_receiver");
    watch.dropped!(null, person, "closed");
    watch.roomUpdate!(person.room, []);
    watch.directive!(person.room, "Opus6k", "");
    watch.left!(person, 1, false);
  }
  watch.dropped!(null, null, "malformed");
}

Deno.test("a subscriber of one room is told of that room only", () => {
  const { tap, observer } = hub();
  const general = tap.subscribe({ room: "general" });
  const other = tap.subscribe({ room: "other" });
  const nobody = tap.subscribe({ room: "nobody" });
  const all = tap.subscribe({ room: null });
  everything(observer());
  assert.equal(general.take().events.length, 7);
  assert.equal(other.take().events.length, 7);
  assert.deepEqual(nobody.take(), { events: [], skipped: 0, unsampled: 0 });
  assert.equal(all.take().events.length, 15);
  assert(!JSON.stringify(other.take()).includes("general"));
});

Deno.test("subscribers share events but not what they have taken", () => {
  const { tap, observer } = hub();
  const first = tap.subscribe({ room: null });
  const second = tap.subscribe({ room: null });
  observer().packet!(alice, packet(1), 1);
  const [one] = first.take().events;
  observer().packet!(alice, packet(2), 1);
  const both = second.take().events;
  assert.equal(both[0], one);
  assert.equal(both.length, 2);
  assert.equal(first.take().events.length, 1);
});

Deno.test("a subscriber that does not read keeps the newest events and learns how many it missed", () => {
  const { tap, observer } = hub();
  const slow = tap.subscribe({ room: null, capacity: 3 });
  for (let i = 0; i < 10; i++) observer().roomUpdate!(`room-${i}`, []);
  const { events, skipped } = slow.take(2);
  assert.deepEqual(events.map((event) => "room" in event && event.room), ["room-7", "room-8"]);
  assert.equal(skipped, 7);
  assert.deepEqual(slow.take().events.map((event) => "room" in event && event.room), ["room-9"]);
});

Deno.test("packets and drops above the rate are sampled, everything else is told", () => {
  const { tap, observer } = hub();
  const subscription = tap.subscribe({ room: null, samplesPerSecond: 10 });
  for (let i = 0; i < 100; i++) {
    observer().packet!(alice, packet(i), 1);
    observer().dropped!(alice, bob, "slow_receiver");
    observer().roomUpdate!("general", []);
  }
  const { events, skipped, unsampled } = subscription.take();
  const count = (kind: string) => events.filter((event) => event.kind === kind).length;
  assert.deepEqual([count("packet"), count("drop"), count("room_update")], [10, 10, 100]);
  assert.equal(skipped, 0);
  assert.equal(unsampled, 180);
});

Deno.test("packets of other rooms do not use up the sample", () => {
  const { tap, observer } = hub();
  const subscription = tap.subscribe({ room: "other", samplesPerSecond: 5 });
  for (let i = 0; i < 100; i++) observer().packet!(alice, packet(i), 1);
  observer().packet!(carol, packet(1), 1);
  assert.equal(subscription.take().events.length, 1);
});

Deno.test("a closed subscription gathers nothing, although others go on", () => {
  const { tap, observer } = hub();
  const closed = tap.subscribe({ room: null });
  const open = tap.subscribe({ room: null });
  observer().packet!(alice, packet(1), 1);
  closed.close();
  observer().packet!(alice, packet(2), 1);
  assert.deepEqual(closed.take().events, []);
  assert.equal(open.take().events.length, 2);
});

Deno.test("an event keeps nothing of the packet, whose buffer is used again", () => {
  const { tap, observer } = hub();
  const subscription = tap.subscribe({ room: null });
  const bytes = packet(5);
  observer().packet!(alice, bytes, 1);
  const aliases = ["Alice"];
  observer().roomUpdate!("general", aliases);
  bytes.fill(0xff);
  aliases.push("Bob");
  const [seen, update] = subscription.take().events;
  assert(seen?.kind === "packet" && update?.kind === "room_update");
  assert.equal(seen.seq, 5);
  assert.deepEqual(update.aliases, ["Alice"]);
});

Deno.test("taken, skipped and unsampled add up to what happened, whatever the readers do", () => {
  const step = fc.constantFrom("packet", "drop", "update", "take", "wait");
  const options = fc.record({
    capacity: fc.integer({ min: 1, max: 5 }),
    samplesPerSecond: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(fc.property(options, fc.array(step), (options, steps) => {
    let turn = 0;
    const { clock, tap, observer } = hub(() => (turn = (turn + 0.37) % 1));
    const subscription: TapSubscription = tap.subscribe({ room: null, ...options });
    let happened = 0;
    let told = 0;
    const take = () => {
      const { events, skipped, unsampled } = subscription.take();
      assert(events.length <= options.capacity);
      told += events.length + skipped + unsampled;
    };
    for (const step of steps) {
      if (step === "take") take();
      else if (step === "wait") clock.advance(600);
      else happened += 1;
      if (step === "packet") observer().packet!(alice, packet(1), 1);
      if (step === "drop") observer().dropped!(alice, bob, "closed");
      if (step === "update") observer().roomUpdate!("general", []);
    }
    take();
    assert.equal(told, happened);
  }));
});
