import assert from "node:assert/strict";
import {
  A,
  ALICE,
  aliceOffers,
  B,
  BOB,
  delivered,
  ID,
  MALLORY,
  pair,
  report,
  ring,
  ringing,
  setup,
  trusting,
} from "./testing_call.ts";
import { answer, hangup, offer, Rig, settle, typesOf } from "./testing_rig.ts";

Deno.test("a call, step by step, as both sides see it", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  assert.deepEqual(typesOf(await alice.ask({ type: "Reflect" })), ["ReflectResponse"]);

  assert.deepEqual(await alice.ask(aliceOffers), [ringing]);
  assert.deepEqual(bob.take(), [delivered]);
  assert.equal(rig.held, 1);

  assert.deepEqual(typesOf(await bob.ask({ type: "Reflect" })), ["ReflectResponse"]);
  assert.deepEqual(await bob.ask(trusting), [setup(A.addr, A.local)]);
  assert.deepEqual(alice.take(), [trusting, setup(B.addr, B.local)]);
  assert.equal(rig.service.calls.mayJoin(ID, ALICE.fingerprint), true);
  assert.equal(rig.service.calls.mayJoin(ID, BOB.fingerprint), true);
  assert.equal(rig.service.calls.mayJoin(ID, MALLORY.fingerprint), false);

  assert.deepEqual(await alice.ask(report), []);
  assert.deepEqual(bob.take(), [report]);
  const lost = { ...report, direct_ok: false, race_winner: "Relay" };
  assert.deepEqual(await bob.ask(lost), []);
  assert.deepEqual(alice.take(), [lost]);

  // Original clients name no call when they hang up.
  assert.deepEqual(await alice.ask(hangup("Normal")), []);
  assert.deepEqual(bob.take(), [hangup("Normal", ID)]);
  assert.equal(rig.service.calls.size, 0);
  assert.deepEqual(rig.changes, ["pending", "ringing", "active", "ended"].map((s) => `${ID} ${s}`));
  rig.clock.advance(1_000);
  assert.equal(rig.held, 0);
  assert.equal(rig.clock.pending, 0);
  assert.equal(rig.counters.calls.get("completed"), 1);
});

Deno.test("accepting without trust tells nobody an address, whatever the callee's client wrote", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  const generic = { ...trusting, accept_mode: "AcceptGeneric" } as const;
  assert.deepEqual(await bob.ask(generic), [setup()]);
  const without = { ...generic, callee_reflexive_addr: null, callee_local_addrs: [] };
  assert.deepEqual(alice.take(), [without, setup()]);
});

Deno.test("a trusted callee without addresses still learns the caller's", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  const bare = answer("AcceptTrusted");
  assert.deepEqual(await bob.ask(bare), [setup(A.addr, A.local)]);
  assert.deepEqual(alice.take(), [bare, setup()]);
});

Deno.test("the log tells whether a direct path is possible: both reflexive addresses are known", async () => {
  for (
    const [calls, answers, viable] of [
      [A.addr, B.addr, true],
      [A.addr, null, false],
      [null, B.addr, false],
      [null, null, false],
    ] as const
  ) {
    const rig = new Rig();
    const [alice, bob] = await pair(rig);
    await alice.ask({ ...aliceOffers, caller_reflexive_addr: calls });
    await bob.ask({ ...trusting, callee_reflexive_addr: answers });
    assert.deepEqual(rig.logged("call accepted, creating room"), [
      { call_id: ID, room: `call-${ID}`, mode: "AcceptTrusted", p2p_viable: viable },
    ]);
  }
});

Deno.test("an offline target is a hangup that names no call, and there is no call", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE);
  assert.deepEqual(await alice.ask(aliceOffers), [hangup("Normal")]);
  assert.equal(rig.service.calls.size, 0);
  assert.equal(rig.held, 0);
  assert.deepEqual(rig.changes, []);
  assert.equal(rig.counters.callsRefused.get("offline"), 1);
});

Deno.test("a rejected caller gets a hangup that names the call, not the answer", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  assert.deepEqual(await bob.ask(answer("Reject")), []);
  assert.deepEqual(alice.take(), [hangup("Normal", ID)]);
  assert.equal(rig.counters.calls.get("rejected"), 1);
  assert.equal(rig.service.calls.size, 0);
});

Deno.test("the reason of a hangup reaches the other party unchanged", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  await bob.ask(hangup("Declined", ID));
  assert.deepEqual(alice.take(), [hangup("Declined", ID)]);
});

Deno.test("a hangup without a call id ends every call of its sender and no other", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  const mallory = await rig.register(MALLORY);
  alice.say(offer(ALICE.fingerprint, BOB.fingerprint, { call_id: "c1" }));
  mallory.say(offer(MALLORY.fingerprint, ALICE.fingerprint, { call_id: "c2" }));
  mallory.say(offer(MALLORY.fingerprint, BOB.fingerprint, { call_id: "c3" }));
  await settle();
  [alice, bob, mallory].forEach((client) => client.take());
  await alice.ask(hangup("Normal"));
  assert.deepEqual(bob.take(), [hangup("Normal", "c1")]);
  assert.deepEqual(mallory.take(), [hangup("Normal", "c2")]);
  assert.deepEqual([...rig.service.calls.all()].map(({ id }) => id), ["c3"]);
});

Deno.test("an unanswered call times out, both are told, and a later answer changes nothing", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  rig.clock.advance(44_999);
  await settle();
  assert.deepEqual([alice.take(), bob.take()], [[], []]);
  rig.clock.advance(1);
  await settle();
  assert.deepEqual(alice.take(), [hangup("Timeout", ID)]);
  assert.deepEqual(bob.take(), [hangup("Timeout", ID)]);
  assert.deepEqual(await bob.ask(trusting), []);
  assert.deepEqual(alice.take(), []);
  assert.equal(rig.counters.signalsIgnored.get("no_such_call"), 1);
  assert.equal(rig.service.calls.mayJoin(ID, BOB.fingerprint), false);
});

Deno.test("a stranger to a call can neither answer it nor end it nor report for it", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  const mallory = await rig.register(MALLORY);
  for (
    const message of [
      answer("AcceptTrusted"),
      answer("Reject"),
      hangup("Normal", ID),
      hangup("Normal"),
      report,
    ]
  ) assert.deepEqual(await mallory.ask(message), []);
  assert.equal(rig.service.calls.find(ID)!.state, "ringing");
  await bob.ask(answer("AcceptGeneric"));
  alice.take();
  await mallory.ask(report);
  await mallory.ask(hangup("Normal", ID));
  assert.deepEqual([alice.take(), bob.take()], [[], []]);
  assert.equal(rig.service.calls.find(ID)!.state, "active");
  // The hangup without an id found no call at all.
  assert.equal(rig.counters.signalsIgnored.get("not_allowed"), 6);
  assert.equal(rig.counters.signalsIgnored.get("no_such_call"), 1);
});

Deno.test("a caller cannot answer its own call, and nobody answers twice", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  await alice.ask(answer("AcceptGeneric"));
  await alice.ask(answer("Reject"));
  assert.equal(rig.service.calls.find(ID)!.state, "ringing");
  await bob.ask(answer("AcceptGeneric"));
  alice.take();
  assert.deepEqual(await bob.ask(trusting), []);
  assert.deepEqual(await bob.ask(answer("Reject")), []);
  assert.deepEqual(alice.take(), []);
  assert.equal(rig.service.calls.find(ID)!.state, "active");
});

Deno.test("a path report before the call is set up is not passed on", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  await alice.ask(report);
  assert.deepEqual(bob.take(), []);
});

Deno.test("an offer in somebody else's name is refused", async () => {
  const rig = new Rig();
  const [, bob] = await pair(rig);
  const mallory = await rig.register(MALLORY);
  assert.deepEqual(await mallory.ask(aliceOffers), [hangup("Error", ID)]);
  assert.deepEqual(bob.take(), []);
  assert.equal(rig.counters.callsRefused.get("wrong_caller"), 1);
});

Deno.test("the alias in an offer is cut", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  await alice.ask({ ...aliceOffers, caller_alias: "x".repeat(50_000) });
  assert.deepEqual(bob.take(), [{ ...delivered, caller_alias: "x".repeat(64) }]);
});

Deno.test("what our clients add to offers and answers reaches the other side", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  const direct_cert = new Uint8Array(32).fill(7);
  const ext = { v: 1, caps: ["rtts"], rtts: new Map([["192.0.2.9:4433", 12.5]]), direct_cert };
  await alice.ask({ ...aliceOffers, ext });
  assert.deepEqual(bob.take(), [{ ...delivered, ext }]);
  await bob.ask({ ...trusting, ext: { ...ext, relay: null } });
  assert.deepEqual(alice.take()[0], { ...trusting, ext: { ...ext, relay: null } });
});

Deno.test("call ids that cannot be part of a room name are refused", async () => {
  const rig = new Rig();
  const [alice, bob] = await pair(rig);
  for (const call_id of ["ABC", "", "a.b", "x".repeat(59)]) {
    assert.deepEqual(await alice.ask({ ...aliceOffers, call_id }), [hangup("Error", call_id)]);
  }
  assert.deepEqual(bob.take(), []);
  const longest = "x".repeat(58);
  assert.deepEqual(typesOf(await alice.ask({ ...aliceOffers, call_id: longest })), ["CallRinging"]);
});

Deno.test("an offer cannot overwrite a call by its id", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  const mallory = await rig.register(MALLORY);
  const theft = offer(MALLORY.fingerprint, MALLORY.fingerprint.replace(/^./, "0"));
  assert.deepEqual(await mallory.ask(theft), [hangup("Error", ID)]);
  assert.deepEqual(await mallory.ask(offer(MALLORY.fingerprint, BOB.fingerprint)), [
    hangup("Error", ID),
  ]);
  assert.deepEqual([alice.take(), bob.take()], [[], []]);
  await bob.ask(answer("AcceptGeneric"));
  assert.deepEqual(typesOf(alice.take()), ["DirectCallAnswer", "CallSetup"]);
});

Deno.test("an offer to oneself is refused, from another device too", async () => {
  const rig = new Rig();
  const desk = await rig.register(ALICE);
  const phone = await rig.register(ALICE);
  const own = offer(ALICE.fingerprint, ALICE.fingerprint);
  assert.deepEqual(await desk.ask(own), [hangup("Error", ID)]);
  assert.deepEqual(await phone.ask(own), [hangup("Error", ID)]);
  assert.equal(rig.service.calls.size, 0);
});

Deno.test("with one call at a time a third caller hears that the party is busy", async () => {
  const rig = new Rig({ oneAtATime: true });
  const [alice, bob] = await ring(rig);
  const mallory = await rig.register(MALLORY);
  const third = offer(MALLORY.fingerprint, BOB.fingerprint, { call_id: "c3" });
  assert.deepEqual(await mallory.ask(third), [hangup("Busy", "c3")]);
  assert.deepEqual(bob.take(), []);
  await bob.ask(answer("AcceptGeneric"));
  assert.deepEqual(await mallory.ask(third), [hangup("Busy", "c3")]);
  await alice.ask(hangup("Normal"));
  assert.deepEqual(typesOf(await mallory.ask(third)), ["CallRinging"]);
});

Deno.test("a draining relay takes no new calls and lets present ones go on", async () => {
  const rig = new Rig();
  const [alice, bob] = await ring(rig);
  const mallory = await rig.register(MALLORY);
  rig.service.drain({ deadline_ms: 1, relays: [], reason: null });
  assert.deepEqual(
    await mallory.ask(offer(MALLORY.fingerprint, BOB.fingerprint, { call_id: "c3" })),
    [hangup("Error", "c3")],
  );
  await bob.ask(answer("AcceptGeneric"));
  assert.deepEqual(typesOf(alice.take()), ["DirectCallAnswer", "CallSetup"]);
  assert.equal(rig.held, 1);
});
