import assert from "node:assert/strict";
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { CallNews, RemoteCalls } from "../ports/remote_calls.ts";
import {
  A,
  ALICE,
  aliceOffers,
  B,
  BOB,
  delivered,
  ID,
  MALLORY,
  report,
  ringing,
  setup,
  trusting,
} from "./testing_call.ts";
import {
  answer,
  type Client,
  hangup,
  NO_PLACES,
  offer,
  Rig,
  settle,
  typesOf,
} from "./testing_rig.ts";

/** The other relays: what they were told, in order. */
class Elsewhere implements RemoteCalls {
  readonly offers: SignalOf<"DirectCallOffer">[] = [];
  readonly told: CallNews[] = [];
  readonly passing = new Set<string>();
  readonly places = NO_PLACES;
  alone = false;
  reaches = true;

  canAsk(): boolean {
    return !this.alone;
  }
  passes(callId: string): boolean {
    return this.passing.has(callId);
  }
  offer(offer: SignalOf<"DirectCallOffer">): void {
    this.offers.push(offer);
  }
  tell(callId: string, news: CallNews): boolean {
    assert.equal(news.call_id, callId);
    if (this.reaches) this.told.push(news);
    return this.reaches;
  }
  take(): CallNews[] {
    return this.told.splice(0);
  }
}

function setUp(): { rig: Rig; elsewhere: Elsewhere } {
  const rig = new Rig();
  const elsewhere = new Elsewhere();
  rig.remote = elsewhere;
  return { rig, elsewhere };
}

/** What the other relay says; and everything that follows from it. */
async function hear(rig: Rig, news: CallNews): Promise<void> {
  rig.service.remoteParties.heard(ID, news);
  await settle();
}

/** Bob is here and rings, Alice is at another relay. */
async function ringBob(rig: Rig, elsewhere: Elsewhere): Promise<Client> {
  const bob = await rig.register(BOB);
  assert.equal(rig.service.remoteParties.offered(aliceOffers), null);
  await settle();
  assert.deepEqual(bob.take(), [delivered]);
  assert.deepEqual(elsewhere.take(), [ringing]);
  return bob;
}

/** Alice is here and hears it ring, Bob is at another relay. */
async function callBob(rig: Rig): Promise<Client> {
  const alice = await rig.register(ALICE);
  assert.deepEqual(await alice.ask(aliceOffers), []);
  await hear(rig, { type: "CallRinging", call_id: ID });
  assert.deepEqual(alice.take(), [ringing]);
  return alice;
}

const stateOf = (rig: Rig) => rig.service.calls.find(ID)?.state;

Deno.test("a call to somebody at another relay, step by step, as the caller sees it", async () => {
  const { rig, elsewhere } = setUp();
  const alice = await rig.register(ALICE);
  // Only the news that it rings there is news that it rings.
  assert.deepEqual(await alice.ask(aliceOffers), []);
  assert.deepEqual(elsewhere.offers, [aliceOffers]);
  assert.equal(stateOf(rig), "pending");
  await hear(rig, { type: "CallRinging", call_id: ID });
  await hear(rig, { type: "CallRinging", call_id: ID });
  assert.deepEqual(alice.take(), [ringing]);
  await hear(rig, trusting);
  assert.deepEqual(alice.take(), [trusting, setup(B.addr, B.local)]);
  assert.equal(rig.service.calls.mayJoin(ID, ALICE.fingerprint), true);

  await alice.ask(report);
  assert.deepEqual(elsewhere.take(), [report]);
  const lost = { ...report, direct_ok: false, race_winner: "Relay" };
  await hear(rig, lost);
  assert.deepEqual(alice.take(), [lost]);

  assert.deepEqual(await alice.ask(hangup("Normal")), []);
  assert.deepEqual(elsewhere.take(), [hangup("Normal", ID)]);
  assert.equal(rig.service.calls.size, 0);
  assert.equal(rig.counters.calls.get("completed"), 1);
});

Deno.test("a call from another relay, step by step, as the callee sees it", async () => {
  const { rig, elsewhere } = setUp();
  const bob = await ringBob(rig, elsewhere);
  assert.deepEqual(await bob.ask(trusting), [setup(A.addr, A.local)]);
  assert.deepEqual(elsewhere.take(), [trusting]);
  assert.equal(rig.service.calls.mayJoin(ID, BOB.fingerprint), true);
  await hear(rig, report);
  assert.deepEqual(bob.take(), [report]);
  await bob.ask(report);
  assert.deepEqual(elsewhere.take(), [report]);
  await hear(rig, hangup("Normal", ID));
  assert.deepEqual(bob.take(), [hangup("Normal", ID)]);
  assert.equal(stateOf(rig), undefined);
  assert.deepEqual(elsewhere.take(), []);
});

Deno.test("the answer cross-wires both direct addresses", async () => {
  // The two relays of one call: what one tells, the other hears.
  const [here, there] = [setUp(), setUp()];
  const alice = await here.rig.register(ALICE);
  const bob = await there.rig.register(BOB);
  await alice.ask(aliceOffers);
  there.rig.service.remoteParties.offered(here.elsewhere.offers[0]!);
  await settle();
  bob.take();
  assert.deepEqual(await bob.ask(trusting), [setup(A.addr, A.local)]);
  for (const news of there.elsewhere.take()) await hear(here.rig, news);
  assert.deepEqual(alice.take(), [ringing, trusting, setup(B.addr, B.local)]);
});

Deno.test("accepting without trust tells no address across relays either", async () => {
  const { rig, elsewhere } = setUp();
  const bob = await ringBob(rig, elsewhere);
  const generic = { ...trusting, accept_mode: "AcceptGeneric" } as const;
  assert.deepEqual(await bob.ask(generic), [setup()]);
  const bare = { ...generic, callee_reflexive_addr: null, callee_local_addrs: [] };
  assert.deepEqual(elsewhere.take(), [bare]);

  const other = setUp();
  const alice = await callBob(other.rig);
  // A relay that leaves the addresses in gives nothing away.
  await hear(other.rig, generic);
  assert.deepEqual(alice.take(), [bare, setup()]);
});

Deno.test("what becomes of an offer may be known before the offer returns", async () => {
  const { rig, elsewhere } = setUp();
  elsewhere.offer = () => rig.service.remoteParties.lost(ID);
  const alice = await rig.register(ALICE);
  assert.deepEqual(await alice.ask(aliceOffers), [hangup("Normal")]);
  assert.equal(rig.service.calls.size, 0);
  assert.equal(rig.counters.calls.get("undelivered"), 1);
});

Deno.test("with nobody to ask the callee is offline at once, and there is no call", async () => {
  const { rig, elsewhere } = setUp();
  elsewhere.alone = true;
  const alice = await rig.register(ALICE);
  assert.deepEqual(await alice.ask(aliceOffers), [hangup("Normal")]);
  assert.deepEqual(rig.changes, []);
});

Deno.test("somebody registered here is not looked for elsewhere", async () => {
  const { rig, elsewhere } = setUp();
  const alice = await rig.register(ALICE);
  await rig.register(BOB);
  assert.deepEqual(await alice.ask(aliceOffers), [ringing]);
  assert.deepEqual(elsewhere.offers, []);
});

Deno.test("the callee's relay says that nobody is there: told like a callee that is offline here", async () => {
  const { rig } = setUp();
  const alice = await rig.register(ALICE);
  await alice.ask(aliceOffers);
  await hear(rig, hangup("Normal", ID));
  assert.deepEqual(alice.take(), [hangup("Normal")]);
  await alice.ask(aliceOffers);
  await hear(rig, hangup("Busy", ID));
  assert.deepEqual(alice.take(), [hangup("Busy", ID)]);
});

Deno.test("rejecting, hanging up and leaving reach the other relay as a hangup that names the call", async () => {
  for (
    const [end, reason] of [
      [(bob: Client) => bob.ask(answer("Reject")), "Normal"],
      [(bob: Client) => bob.ask(hangup("Declined")), "Declined"],
      [(bob: Client) => bob.leave(), "Normal"],
    ] as const
  ) {
    const { rig, elsewhere } = setUp();
    await end(await ringBob(rig, elsewhere));
    assert.deepEqual(elsewhere.take(), [hangup(reason, ID)]);
    assert.equal(rig.service.calls.size, 0);
  }
});

Deno.test("the caller gives up or leaves, and the other relay hears it", async () => {
  for (const end of [(a: Client) => a.ask(hangup("Normal")), (a: Client) => a.leave()]) {
    const { rig, elsewhere } = setUp();
    await end(await callBob(rig));
    assert.deepEqual(elsewhere.take(), [hangup("Normal", ID)]);
  }
});

Deno.test("the other relay rejects in either of the two ways", async () => {
  for (const news of [hangup("Normal", ID), answer("Reject")]) {
    const { rig } = setUp();
    const alice = await callBob(rig);
    await hear(rig, news);
    assert.deepEqual(alice.take(), [hangup("Normal", ID)]);
    assert.equal(rig.counters.calls.get("rejected"), 1);
  }
});

Deno.test("an unanswered call times out on both ends, whichever is first", async () => {
  for (const begin of [callBob, ringBob] as const) {
    const { rig, elsewhere } = setUp();
    const client = await begin(rig, elsewhere);
    rig.clock.advance(45_000);
    await settle();
    assert.deepEqual(client.take(), [hangup("Timeout", ID)]);
    assert.deepEqual(elsewhere.take(), [hangup("Timeout", ID)]);

    const other = setUp();
    const early = await begin(other.rig, other.elsewhere);
    await hear(other.rig, hangup("Timeout", ID));
    assert.deepEqual(early.take(), [hangup("Timeout", ID)]);
    assert.deepEqual(other.elsewhere.take(), []);
    assert.equal(other.rig.counters.calls.get("timeout"), 1);
  }
});

Deno.test("a call whose way is lost is over, whatever it was doing", async () => {
  for (const accepted of [false, true]) {
    const { rig } = setUp();
    const alice = await callBob(rig);
    if (accepted) await hear(rig, answer("AcceptGeneric"));
    alice.take();
    rig.service.remoteParties.lost(ID);
    await settle();
    assert.deepEqual(alice.take(), [hangup("Normal", ID)]);
    assert.equal(rig.counters.calls.get("disconnected"), 1);
  }
});

Deno.test("an acceptance that cannot be told to the other relay is no call", async () => {
  const { rig, elsewhere } = setUp();
  const bob = await ringBob(rig, elsewhere);
  elsewhere.reaches = false;
  assert.deepEqual(await bob.ask(trusting), [hangup("Normal", ID)]);
  assert.equal(rig.counters.calls.get("undelivered"), 1);
});

Deno.test("no relay offers a call in the name of somebody who is registered here", async () => {
  const { rig, elsewhere } = setUp();
  const bob = await rig.register(BOB);
  await rig.register(ALICE);
  assert.equal(rig.service.remoteParties.offered(aliceOffers), "Error");
  assert.deepEqual([bob.take(), elsewhere.take()], [[], []]);
  assert.equal(rig.counters.callsRefused.get("wrong_caller"), 1);
});

Deno.test("a client here cannot speak for the party at another relay, nor join in its place", async () => {
  const { rig, elsewhere } = setUp();
  const alice = await callBob(rig);
  const impostor = await rig.register(BOB);
  await impostor.ask(trusting);
  await impostor.ask(answer("Reject"));
  await impostor.ask(hangup("Normal", ID));
  await impostor.ask(hangup("Normal"));
  assert.equal(stateOf(rig), "ringing");
  await hear(rig, trusting);
  alice.take();
  assert.equal(rig.service.calls.mayJoin(ID, BOB.fingerprint), false);
  await impostor.ask(report);
  assert.deepEqual(alice.take(), []);
  // What is said to the other party goes to the other relay, not to who has its name here.
  await alice.ask(report);
  await impostor.leave();
  assert.deepEqual(typesOf(impostor.take()), []);
  assert.deepEqual(elsewhere.take(), [report]);
  assert.equal(stateOf(rig), "active");
  assert.equal(rig.counters.signalsIgnored.get("not_allowed"), 4);
});

Deno.test("another relay has no say in calls between people who are both here", async () => {
  const { rig } = setUp();
  const alice = await rig.register(ALICE);
  const bob = await rig.register(BOB);
  await alice.ask(aliceOffers);
  bob.take();
  for (const news of [hangup("Normal", ID), trusting, ringing as CallNews]) await hear(rig, news);
  rig.service.remoteParties.lost(ID);
  await settle();
  assert.deepEqual([alice.take(), bob.take()], [[], []]);
  assert.equal(stateOf(rig), "ringing");
});

Deno.test("the other relay says nothing that is for the other party to say", async () => {
  const { rig, elsewhere } = setUp();
  const bob = await ringBob(rig, elsewhere);
  // The caller is there: it cannot ring or answer.
  await hear(rig, { type: "CallRinging", call_id: ID });
  await hear(rig, trusting);
  await hear(rig, report);
  assert.equal(stateOf(rig), "ringing");
  assert.deepEqual(bob.take(), []);
  assert.equal(rig.counters.signalsIgnored.get("not_allowed"), 2);
});

Deno.test("an id is taken once: by a call here, or by one that passes through", async () => {
  const { rig, elsewhere } = setUp();
  const bob = await ringBob(rig, elsewhere);
  assert.equal(rig.service.remoteParties.has(ID), true);
  const second = offer(MALLORY.fingerprint, BOB.fingerprint);
  assert.equal(rig.service.remoteParties.offered(second), "Error");
  elsewhere.passing.add("c2");
  const mallory = await rig.register(MALLORY);
  const passing = offer(MALLORY.fingerprint, BOB.fingerprint, { call_id: "c2" });
  assert.deepEqual(await mallory.ask(passing), [hangup("Error", "c2")]);
  assert.deepEqual(bob.take(), []);
  assert.equal(rig.counters.callsRefused.get("call_id_in_use"), 2);
});

Deno.test("offers for nobody here, to a draining or to a full relay are refused", async () => {
  const { rig } = setUp();
  const { remoteParties } = rig.service;
  assert.equal(remoteParties.offered(aliceOffers), "Normal");
  await rig.register(BOB);
  assert.equal(remoteParties.isRegistered(BOB.fingerprint), true);
  rig.rules = { ...rig.rules, maxCalls: 0 };
  assert.equal(remoteParties.offered(aliceOffers), "Busy");
  rig.service.drain({ deadline_ms: 1, relays: [], reason: null });
  assert.equal(remoteParties.offered(aliceOffers), "Error");
  assert.equal(rig.service.calls.size, 0);
});

Deno.test("an offer from another relay is never sent on to a third one from here", () => {
  const { rig, elsewhere } = setUp();
  assert.equal(rig.service.remoteParties.offered(aliceOffers), "Normal");
  assert.deepEqual(elsewhere.offers, []);
});
