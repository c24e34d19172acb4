import assert from "node:assert/strict";
import { ALICE, aliceOffers, BOB, ID, MALLORY, report } from "./testing_call.ts";
import { answer, type Client, hangup, NO_PLACES, registerPresence, settle } from "./testing_rig.ts";
import { Talk } from "./testing_talk.ts";

const NOTHING = { bob: [], told: [] };

Deno.test("a party that registers here with a signature goes on from here, and nobody hears of it", async () => {
  const talk = await Talk.begin();
  assert.equal(talk.calls.mayJoin(ID, ALICE.fingerprint), false);
  const alice = await talk.alice();
  assert.equal(talk.calls.mayJoin(ID, ALICE.fingerprint), true);
  assert.equal(talk.calls.mayJoin(ID, BOB.fingerprint), true);
  assert.equal(talk.calls.mayJoin(ID, MALLORY.fingerprint), false);
  assert.deepEqual([alice.take(), talk.take()], [[], NOTHING]);
  alice.say(report);
  talk.bob.say({ ...report, direct_ok: false });
  await settle();
  assert.deepEqual(alice.take(), [{ ...report, direct_ok: false }]);
  assert.deepEqual(talk.take(), { bob: [report], told: [] });
  alice.say(hangup("Normal"));
  await settle();
  // The relay that she came from ends it as well, even if it should have both of them.
  const over = { type: "CallParties", call_id: ID, here: [], asks: false, seq: 0 } as const;
  assert.deepEqual(talk.take(), {
    bob: [hangup("Normal", ID)],
    told: [over, hangup("Normal", ID)],
  });
  assert.equal(talk.calls.size, 0);
});

Deno.test("who does not prove to be the party adopts nothing", async () => {
  const talk = await Talk.begin();
  const claimant = await talk.alice({ caps: ["adopt"] });
  assert.equal(talk.calls.mayJoin(ID, ALICE.fingerprint), false);
  await claimant.ask(hangup("Normal"));
  await claimant.ask(report);
  await claimant.leave();
  await talk.rig.register(MALLORY, { signed: true, caps: ["adopt"] });
  assert.equal(talk.calls.mayJoin(ID, MALLORY.fingerprint), false);
  assert.deepEqual(talk.take(), NOTHING);
  const forger = talk.rig.connect();
  const forged = registerPresence(ALICE, {
    signed: true,
    caps: ["adopt"],
    now: talk.rig.clock.wall(),
  });
  forged.signature[0]! ^= 1;
  forger.say(forged);
  await settle();
  assert.equal(talk.calls.mayJoin(ID, ALICE.fingerprint), false);
  await talk.hear(hangup("Normal", ID));
  assert.deepEqual(talk.take().bob, [hangup("Normal", ID)]);
});

Deno.test("another device of the party, which does not ask for the call, leaves it where it is", async () => {
  const talk = await Talk.begin();
  const other = await talk.alice({ signed: true, caps: ["drain"] });
  assert.equal(talk.calls.find(ID)!.remote, ALICE.fingerprint);
  await talk.bob.ask(report);
  assert.deepEqual([other.take(), talk.take()], [[], { bob: [], told: [report] }]);
  await talk.hear(hangup("Normal", ID));
  assert.deepEqual(talk.take().bob, [hangup("Normal", ID)], "she hangs up where she talks");
  assert.equal(talk.calls.size, 0);
});

Deno.test("a token of the party without its key adopts nothing", async () => {
  const talk = await Talk.begin();
  talk.rig.tokens = new Map([["hers", {
    ok: true,
    fingerprint: ALICE.fingerprint,
    alias: null,
  }]]);
  const client = talk.rig.connect();
  client.say({ type: "AuthToken", token: "hers" });
  const now = talk.rig.clock.wall();
  client.say(registerPresence(MALLORY, { signed: true, caps: ["adopt"], now }));
  await settle();
  assert.equal(client.take()[0]?.type, "RegisterPresenceAck");
  assert.equal(talk.calls.mayJoin(ID, ALICE.fingerprint), false);
});

Deno.test("a call that still rings is not adopted", async () => {
  const talk = new Talk();
  talk.rig.remote = {
    canAsk: () => true,
    passes: () => false,
    offer: () => {},
    tell: () => true,
    places: NO_PLACES,
  };
  await talk.rig.register(BOB);
  talk.rig.service.remoteParties.offered(aliceOffers);
  await talk.alice();
  assert.equal(talk.calls.find(ID)!.remote, ALICE.fingerprint);
});

Deno.test("once adopted, the call outlives the relay the party came from, whether that is lost or lets go", async () => {
  for (const end of ["lost", "left"] as const) {
    const talk = await Talk.begin();
    const alice = await talk.alice();
    if (end === "lost") talk.rig.service.remoteParties.lost(ID);
    else await talk.hear(hangup("Normal", ID));
    assert.deepEqual([alice.take(), talk.take()], [[], NOTHING]);
    assert.equal(talk.calls.mayJoin(ID, ALICE.fingerprint), true);
    await talk.bob.ask(hangup("Normal"));
    assert.deepEqual(alice.take(), [hangup("Normal", ID)]);
    assert.deepEqual(talk.take(), NOTHING);
    assert.equal(talk.calls.size, 0);
  }
});

Deno.test("a party that only looked goes on where it was; one whose relay is gone ends the call by leaving", async () => {
  const talk = await Talk.begin();
  const looking = await talk.alice();
  await looking.leave();
  assert.equal(talk.calls.find(ID)!.remote, ALICE.fingerprint);
  assert.equal(talk.calls.mayJoin(ID, ALICE.fingerprint), false);
  await talk.bob.ask(report);
  assert.deepEqual(talk.take(), { bob: [], told: [report] });
  const alice = await talk.alice();
  talk.rig.service.remoteParties.lost(ID);
  await alice.leave();
  assert.deepEqual(talk.take(), { bob: [hangup("Normal", ID)], told: [] });
  assert.equal(talk.calls.size, 0);
});

Deno.test("what the relay she came from says for her after that changes nothing", async () => {
  const talk = await Talk.begin();
  await talk.alice();
  await talk.hear(report);
  await talk.hear({ type: "CallRinging", call_id: ID });
  await talk.hear(answer("Reject"));
  assert.deepEqual(talk.take(), NOTHING);
  assert.equal(talk.calls.find(ID)!.state, "active");
});

Deno.test("who is in a call is told of a drain where the call may go on, and others where they may", async () => {
  const talk = await Talk.begin();
  const { rig } = talk;
  const fingerprint = "ab".repeat(32);
  rig.carriers = (room) => room === `call-${ID}` ? [`B|192.0.2.1:4433|${fingerprint}`] : [];
  const bob = await rig.register(BOB, { caps: ["drain"] });
  const mallory = await rig.register(MALLORY, { caps: ["drain"] });
  rig.service.drain({ deadline_ms: 1, relays: ["C|192.0.2.2:4433"], reason: null });
  await settle();
  const told = (client: Client) =>
    client.take().flatMap((it) => it.type === "RelayDraining" ? it.relays : []);
  assert.deepEqual(told(bob), ["B|192.0.2.1:4433"]);
  assert.deepEqual(told(mallory), ["C|192.0.2.2:4433"]);
});

Deno.test("an adopted party may reconnect, and the newest of its connections goes on", async () => {
  const talk = await Talk.begin();
  const first = await talk.alice();
  const second = await talk.alice();
  await first.leave();
  assert.equal(talk.calls.find(ID)!.remote, null);
  await talk.bob.ask(report);
  assert.deepEqual(second.take(), [report]);
  assert.deepEqual(talk.take(), NOTHING);
});
