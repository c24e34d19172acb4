import assert from "node:assert/strict";
import { MAX_MESSAGE_BYTES } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import { createCounters } from "../counters/counters.ts";
import { SignalLine } from "./signal_line.ts";
import {
  A,
  ALICE,
  aliceOffers,
  BOB,
  delivered,
  ID,
  pair,
  report,
  ring,
  ringing,
  setup,
  talk,
  trusting,
} from "./testing_call.ts";
import { answer, type Client, hangup, offer, Rig, settle, typesOf } from "./testing_rig.ts";

Deno.test("two who call each other at once have two calls, and either can be answered", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  alice.say({ ...aliceOffers, call_id: "from-alice" });
  bob.say(offer(BOB.fingerprint, ALICE.fingerprint, { call_id: "from-bob" }));
  await settle();
  assert.deepEqual(typesOf(alice.take()).sort(), ["CallRinging", "DirectCallOffer"]);
  assert.deepEqual(typesOf(bob.take()).sort(), ["CallRinging", "DirectCallOffer"]);
  assert.deepEqual(typesOf(await bob.ask({ ...trusting, call_id: "from-alice" })), ["CallSetup"]);
  assert.equal(rig.service.calls.find("from-bob")!.state, "ringing");
});

Deno.test("both hang up at once: each is told at most once, and the call ended once", async () => {
  const rig = new Rig();
  const [alice, bob] = await talk(rig);
  alice.say(hangup("Normal", ID));
  bob.say(hangup("Normal", ID));
  await settle();
  assert.equal(alice.take().length + bob.take().length, 1);
  assert.equal(rig.counters.calls.get("completed"), 1);
  assert.equal(rig.counters.signalsIgnored.get("no_such_call"), 1);
});

Deno.test("a party whose connection ends leaves a hangup that names each of its calls", async () => {
  for (const [state, begin] of [["ringing", ring], ["active", talk]] as const) {
    for (const who of [0, 1]) {
      const rig = new Rig();
      const both = await begin(rig);
      assert.equal(rig.service.calls.find(ID)!.state, state);
      await both[who]!.leave();
      assert.deepEqual(both[1 - who]!.take(), [hangup("Normal", ID)], `${state} ${who}`);
      assert.equal(rig.service.calls.size, 0);
      assert.equal(rig.counters.calls.get("disconnected"), 1);
    }
  }
});

Deno.test("a hangup right before the connection ends is one hangup for the other party", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  alice.say(hangup("Busy"));
  await Promise.resolve();
  await Promise.resolve();
  await alice.leave();
  assert.deepEqual(bob.take().length, 1);
  assert.equal(rig.service.calls.size, 0);
});

Deno.test("who reconnects during a call keeps it, and goes on with it on the new connection", async () => {
  const rig = new Rig();
  const [alice, bob] = await talk(rig);
  const again = await rig.register(ALICE);
  await alice.leave();
  assert.deepEqual(bob.take(), []);
  assert.equal(rig.service.calls.find(ID)!.state, "active");
  await bob.ask(report);
  assert.deepEqual(again.take(), [report]);
  await again.ask(hangup("Normal"));
  assert.deepEqual(bob.take(), [hangup("Normal", ID)]);
});

Deno.test("who reconnects while it rings can still answer, and the call ends with the new connection", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  const again = await rig.register(BOB);
  await bob.leave();
  assert.deepEqual(alice.take(), []);
  assert.deepEqual(await again.ask(trusting), [setup(A.addr, A.local)]);
  assert.deepEqual(typesOf(alice.take()), ["DirectCallAnswer", "CallSetup"]);
  await again.leave();
  assert.deepEqual(alice.take(), [hangup("Normal", ID)]);
});

Deno.test("only the newest registration rings; the older one stays open and is told nothing", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  const newer = await rig.register(BOB);
  await alice.ask(aliceOffers);
  assert.deepEqual(bob.take(), []);
  assert.deepEqual(newer.take(), [delivered]);
  assert.equal(bob.closed, null);
  assert.deepEqual(typesOf(await bob.ask({ type: "Ping", timestamp_ms: 1 })), ["Pong"]);
});

Deno.test("a call made on an older device stays with that device when the newer one comes and goes", async () => {
  const rig = new Rig();
  const [alice, bob] = await talk(rig);
  const phone = await rig.register(ALICE);
  await phone.leave();
  assert.deepEqual(bob.take(), []);
  assert.equal(rig.service.calls.find(ID)!.state, "active");
  await bob.ask(hangup("Normal"));
  assert.deepEqual(alice.take(), [hangup("Normal", ID)]);
});

Deno.test("a call made on the newer device ends with it, although an older one is still there", async () => {
  const rig = new Rig();
  const older = await rig.register(ALICE);
  const [, bob] = await talk(rig);
  const newer = rig.service.hub.find(ALICE.fingerprint)!;
  newer.line.connection.close(0, "gone");
  await settle();
  assert.deepEqual(bob.take(), [hangup("Normal", ID)]);
  assert.deepEqual(typesOf(await bob.ask(offer(BOB.fingerprint, ALICE.fingerprint))), [
    "CallRinging",
  ]);
  assert.deepEqual(typesOf(older.take()), ["DirectCallOffer"]);
});

Deno.test("a call that was taken over by a new connection ends with that connection", async () => {
  const rig = new Rig();
  const idle = await rig.register(ALICE);
  const [, bob] = await talk(rig);
  const before = rig.service.hub.find(ALICE.fingerprint)!;
  const again = await rig.register(ALICE);
  before.line.connection.close(0, "lost");
  await settle();
  assert.deepEqual(bob.take(), []);
  await again.leave();
  assert.deepEqual(bob.take(), [hangup("Normal", ID)]);
  assert.equal(idle.closed, null);
});

Deno.test("a device that rings is answered on, although a newer one registered meanwhile", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  const newer = await rig.register(BOB);
  assert.deepEqual(await bob.ask(trusting), [setup(A.addr, A.local)]);
  alice.take();
  await alice.ask(report);
  assert.deepEqual(bob.take(), [report]);
  assert.deepEqual(newer.take(), []);
});

Deno.test("an older device that places a call hears of it itself", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  const phone = await rig.register(ALICE);
  assert.deepEqual(await alice.ask(aliceOffers), [ringing]);
  await bob.ask(answer("AcceptGeneric"));
  assert.deepEqual(typesOf(alice.take()), ["DirectCallAnswer", "CallSetup"]);
  assert.deepEqual(phone.take(), []);
});

/** Makes a client one that takes no streams and has so much waiting that nothing more can be sent to it. */
async function clog(rig: Rig, client: Client): Promise<void> {
  client.deafen();
  const registration = [...rig.service.hub.all()].find(({ id }) => id === client.id)!;
  // What is sent goes to the transport until the client's credit is used up, then to the queue.
  for (let i = 0; i < 10; i++) {
    while (registration.send({ type: "Pong", timestamp_ms: 0 }));
    await settle();
  }
  client.take();
}

Deno.test("a callee whose queue is full is offline to the caller", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  await clog(rig, bob);
  assert.deepEqual(await alice.ask(aliceOffers), [hangup("Normal")]);
  assert.equal(rig.service.calls.size, 0);
  assert.ok(rig.counters.signalsDropped.get("queue_full") > 0);
});

Deno.test("a callee whose connection just closed is offline to the caller", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  const frozen = rig.service.hub.find(BOB.fingerprint)!;
  alice.say(aliceOffers);
  // Closed, but its loop has not noticed when the offer arrives.
  bob.server.closeInfo = { kind: "idle", code: 0, reason: "" };
  await settle();
  assert.deepEqual(alice.take(), [hangup("Normal")]);
  assert.equal(rig.service.hub.find(BOB.fingerprint), frozen);
  assert.equal(rig.counters.signalsDropped.get("closed"), 1);
});

Deno.test("an accepted call whose caller cannot be told is over, and the callee knows", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  await clog(rig, alice);
  assert.deepEqual(await bob.ask(trusting), [hangup("Normal", ID)]);
  assert.equal(rig.counters.calls.get("undelivered"), 1);
  assert.equal(rig.service.calls.mayJoin(ID, BOB.fingerprint), false);
  assert.equal(rig.service.calls.size, 0);
});

Deno.test("a message that is too large to be sent is lost, counted, and no exception", () => {
  const counters = createCounters();
  const line = new SignalLine(memoryPair()[1], new ManualClock(), counters);
  assert.equal(line.send({ type: "AuthToken", token: "x".repeat(MAX_MESSAGE_BYTES) }), false);
  assert.equal(counters.signalsDropped.get("failed"), 1);
});

Deno.test("a thousand offers leave a bounded number of calls, and each is answered", async () => {
  const rig = new Rig({ maxPerClient: 16 });
  const [alice, bob] = await pair(rig);
  for (let i = 0; i < 1_000; i++) alice.say({ ...aliceOffers, call_id: `c${i}` });
  for (let i = 0; i < 100; i++) {
    await settle();
    rig.clock.advance(100);
  }
  const heard = alice.take();
  assert.equal(heard.length, 1_000);
  assert.equal(heard.filter(({ type }) => type === "CallRinging").length, 2);
  assert.deepEqual(heard.find(({ type }) => type === "Hangup"), hangup("Busy", "c2"));
  assert.equal(bob.take().length, 2);
  assert.equal(rig.held, 2);
  await alice.leave();
  assert.equal(bob.take().length, 2);
  rig.clock.advance(1_000);
  assert.equal(rig.held, 0);
  assert.equal(rig.counters.activeCalls.get("ringing"), 0);
});
