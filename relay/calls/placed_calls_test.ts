import assert from "node:assert/strict";
import { parseSocketAddress } from "../../proto/socket_address.ts";
import type { CallNews, PlacementRequest } from "../ports/remote_calls.ts";
import { ALICE, aliceOffers, BOB, ID } from "./testing_call.ts";
import { ADVERTISED, answer, NO_PLACES, Rig, settle } from "./testing_rig.ts";

const THERE = "192.0.2.9:4433";
const rtts = new Map([[THERE, 7]]);
const offered = { v: 1, caps: ["rtts", "place"], rtts, direct_cert: null };
const answered = { v: 1, caps: ["rtts"], rtts, direct_cert: null, relay: null };
const place = (here = false) => ({
  addr: THERE,
  here,
  entry: { name: "There", address: parseSocketAddress(THERE)!, fingerprint: "ab".repeat(32) },
});

/** A relay whose federation knows one place for all calls. */
function setUp(here = false) {
  const rig = new Rig();
  const told: CallNews[] = [];
  const asked: PlacementRequest[] = [];
  const ended: string[] = [];
  rig.remote = {
    canAsk: () => true,
    passes: () => false,
    offer: () => {},
    tell: (_, news) => told.push(news) > 0,
    places: {
      ...NO_PLACES,
      find(request, done) {
        asked.push(request);
        done(place(here));
      },
      decided: () => place(here),
      end: (callId) => ended.push(callId),
    },
  };
  return { rig, told, asked, ended };
}

/** Alice is here and calls Bob, whose relay answers with this place. */
async function toldThere(relay: string | null, ext: typeof offered | null = offered) {
  const { rig, ended } = setUp();
  const alice = await rig.register(ALICE, { caps: ["drain"] });
  await alice.ask({ ...aliceOffers, ext });
  rig.service.remoteParties.heard(ID, answer("AcceptGeneric", { ext: { ...answered, relay } }));
  await settle();
  const [shown, setup] = alice.take();
  assert.ok(shown?.type === "DirectCallAnswer" && setup?.type === "CallSetup");
  assert.equal(shown.ext?.relay, null, "its client is told by the setup");
  await alice.leave();
  return { setup, ended };
}

Deno.test("the caller's relay goes by what the callee's says, if its client has measured that relay", async () => {
  const { setup, ended } = await toldThere(THERE);
  assert.equal(setup.relay_addr, THERE);
  assert.equal(setup.ext?.relay, `There|${THERE}|${"ab".repeat(32)}`);
  assert.deepEqual(ended, [ID]);
  for (const relay of [null, "192.0.2.8:4433", "relay.example:4433"]) {
    assert.equal((await toldThere(relay)).setup.relay_addr, ADVERTISED, `${relay}`);
  }
  const silent = await toldThere(THERE, null);
  assert.equal(silent.setup.relay_addr, ADVERTISED);
  assert.deepEqual(silent.ended, []);
});

Deno.test("the callee's relay tells that of the caller, and the callee, where it placed the call", async () => {
  const { rig, told, asked, ended } = setUp();
  const bob = await rig.register(BOB);
  assert.equal(rig.service.remoteParties.offered({ ...aliceOffers, ext: offered }), null);
  await settle();
  bob.take();
  const [setup] = await bob.ask(answer("AcceptGeneric", { ext: answered }));
  assert.ok(setup?.type === "CallSetup" && setup.relay_addr === THERE && setup.ext === null);
  assert.deepEqual(asked, [{
    callId: ID,
    caller: ALICE.fingerprint,
    callee: BOB.fingerprint,
    callerHere: false,
    callerRtts: rtts,
    calleeRtts: rtts,
  }]);
  const acceptance = told.find((news) => news.type === "DirectCallAnswer");
  assert.equal(acceptance?.ext?.relay, THERE);
  // Its room is elsewhere, so only its own client is let in here.
  assert.ok(!rig.service.calls.mayJoin(ID, ALICE.fingerprint));
  await bob.leave();
  assert.deepEqual(ended, [ID]);
});

Deno.test("two at one relay may be sent elsewhere, and what is told the caller's relay is told no client", async () => {
  const { rig, asked } = setUp();
  const [alice, bob] = [await rig.register(ALICE), await rig.register(BOB)];
  await alice.ask({ ...aliceOffers, ext: { ...offered, caps: ["rtts"] } });
  bob.take();
  const [setup] = await bob.ask(answer("AcceptGeneric", { ext: { ...answered, relay: THERE } }));
  assert.equal(asked[0]?.callerHere, true);
  const [shown, hers] = alice.take();
  assert.ok(shown?.type === "DirectCallAnswer" && shown.ext?.relay === null);
  assert.ok(setup?.type === "CallSetup" && hers?.type === "CallSetup");
  assert.deepEqual([setup.relay_addr, hers.relay_addr], [THERE, THERE]);
});

Deno.test("an offer of another relay that does not say it could let the callee in is not placed", async () => {
  const { rig, asked } = setUp();
  const bob = await rig.register(BOB);
  rig.service.remoteParties.offered({ ...aliceOffers, ext: { ...offered, caps: ["rtts"] } });
  await settle();
  bob.take();
  const [setup] = await bob.ask(answer("AcceptGeneric", { ext: answered }));
  assert.ok(setup?.type === "CallSetup" && setup.relay_addr === ADVERTISED);
  assert.deepEqual(asked, []);
});
