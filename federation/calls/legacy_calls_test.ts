import assert from "node:assert/strict";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { isOriginal } from "../../proto/signal/mod.ts";
import { wireRelay } from "../relay_key.ts";
import { star } from "../testing_mesh_graph.ts";
import {
  ALICE,
  answer,
  BOB,
  CallsRig,
  CAROL,
  hangup,
  ID,
  offer,
  report,
  ringing,
} from "./testing_calls.ts";

type Forward = SignalOf<"FederatedSignalForward">;

/** Relay 0 in the middle and 3 are ours; 1 and 2 are of the original kind, as far as a test plays them. */
function mixed(): CallsRig {
  const rig = new CallsRig(4, star(4), {
    legacy: (a, b) => [1, 2].includes(a) || [1, 2].includes(b),
  });
  rig.node(1).stand = () => {};
  rig.node(2).stand = () => {};
  return rig;
}

/** What an original sends: itself as the origin, and nothing more. */
function says(rig: CallsRig, index: number, inner: KnownSignal): void {
  const origin_relay_fp = wireRelay(rig.key(index));
  const forward: Forward = { type: "FederatedSignalForward", inner, origin_relay_fp, ext: null };
  rig.link(index, 0).send(forward);
  rig.run();
}

const inners = (rig: CallsRig, index: number) => rig.node(index).got.splice(0).map((f) => f.inner);

Deno.test("somebody whom nobody of ours has is offered to all originals, and it rings at once", () => {
  const rig = mixed();
  rig.register(ALICE, 0);
  rig.phones(0).call(offer());
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [ringing()]);
  for (const index of [1, 2]) {
    const [forward] = rig.node(index).got;
    assert.deepEqual(forward!.inner, offer());
    assert.equal(forward!.ext, null);
    assert.equal(forward!.origin_relay_fp, wireRelay(rig.key(0)));
  }
  assert.deepEqual(inners(rig, 3), []);
});

Deno.test("somebody whom the directory names is offered to no original", () => {
  const rig = mixed();
  rig.register(ALICE, 0);
  rig.register(BOB, 3);
  rig.phones(0).call(offer());
  rig.run();
  assert.equal(rig.phones(3).offers.length, 1);
  assert.deepEqual([inners(rig, 1), inners(rig, 2)], [[], []]);
});

Deno.test("the first answer of an original counts, the others hear that it is over", () => {
  const rig = mixed();
  rig.register(ALICE, 0);
  rig.phones(0).call(offer());
  rig.run();
  rig.phones(0).take();
  inners(rig, 2);
  says(rig, 1, answer("AcceptTrusted"));
  assert.deepEqual(rig.phones(0).take(), [answer("AcceptTrusted")]);
  assert.deepEqual(inners(rig, 2), [hangup("Normal")]);
  says(rig, 2, answer("AcceptTrusted"));
  assert.deepEqual(rig.phones(0).take(), []);
  assert.deepEqual(rig.node(0).routes.get(ID), [rig.key(1)]);
  inners(rig, 1);
  rig.phones(0).say(report());
  rig.run();
  assert.deepEqual(inners(rig, 1), [report()]);
  says(rig, 1, report());
  assert.deepEqual(rig.phones(0).take(), [report()]);
  rig.phones(0).say(hangup());
  rig.run();
  assert.deepEqual(inners(rig, 1), [hangup()]);
});

Deno.test("an original rejects with a hangup, with or without the call's id, or with the answer", () => {
  for (const rejection of [hangup("Normal"), hangup("Normal", null), answer("Reject")]) {
    const rig = mixed();
    rig.register(ALICE, 0);
    rig.phones(0).call(offer());
    rig.run();
    rig.phones(0).take();
    says(rig, 1, rejection);
    assert.deepEqual(rig.phones(0).take(), [hangup("Normal")]);
    assert.equal(rig.node(0).counters.federationCallWays, 0);
  }
});

Deno.test("a hangup without an id ends no call when it could mean several", () => {
  const rig = mixed();
  rig.register(ALICE, 0);
  rig.phones(0).call(offer("c1"));
  rig.phones(0).call(offer("c2", ALICE, CAROL));
  rig.run();
  says(rig, 1, hangup("Normal", null));
  assert.deepEqual(rig.phones(0).kinds(), ["CallRinging", "CallRinging"]);
});

Deno.test("an original's client calls somebody here, and every end of it is told in words it knows", () => {
  for (const end of [hangup("Busy"), hangup("Timeout")]) {
    const rig = mixed();
    rig.register(BOB, 0);
    says(rig, 1, offer());
    assert.deepEqual(rig.phones(0).offers, [offer()]);
    assert.deepEqual(inners(rig, 1), [ringing()]);
    rig.phones(0).say(end);
    rig.run();
    // It does not listen to the hangup of another relay, but it tells a rejection to its caller.
    const [rejection, also] = inners(rig, 1);
    assert.ok(rejection?.type === "DirectCallAnswer" && rejection.accept_mode === "Reject");
    assert.deepEqual(also, end);
  }
});

Deno.test("an original's client calls somebody at a relay of ours further away", () => {
  const rig = mixed();
  rig.register(BOB, 3);
  says(rig, 1, offer());
  assert.deepEqual(rig.phones(3).offers, [offer()]);
  assert.equal(rig.node(3).got[0]!.origin_relay_fp, wireRelay(rig.key(0)));
  rig.phones(3).say(answer("AcceptGeneric"));
  rig.run();
  const got = rig.node(1).got.splice(0);
  assert.deepEqual(got.map(({ inner }) => inner), [ringing(), answer("AcceptGeneric")]);
  assert.ok(got.every((f) => f.ext === null && f.origin_relay_fp === wireRelay(rig.key(0))));
  assert.deepEqual(rig.node(0).routes.get(ID), [rig.key(1), rig.key(3)]);
  rig.mesh.block(0, 1);
  rig.run();
  assert.deepEqual(rig.phones(3).kinds(), ["Hangup"]);
});

Deno.test("an original that asks for somebody whom nobody here has gets no answer", () => {
  const rig = mixed();
  says(rig, 1, offer());
  assert.deepEqual([1, 2, 3].map((index) => inners(rig, index)), [[], [], []]);
  assert.equal(rig.node(0).counters.federationCallWays, 0);
});

Deno.test("an original cannot call in the name of somebody that a relay of ours has", () => {
  const rig = mixed();
  rig.register(ALICE, 3);
  rig.register(BOB, 0);
  says(rig, 1, offer());
  assert.deepEqual(rig.phones(0).offers, []);
  assert.equal(rig.node(0).counters.federationOffersRefused.get("wrong_caller"), 1);
});

Deno.test("an original's word counts as its own, whatever it claims", () => {
  const rig = mixed();
  rig.register(BOB, 0);
  const forged = rig.forward(offer(), [3, 1], 0);
  rig.link(1, 0).send(forged);
  rig.run();
  rig.phones(0).say(answer("AcceptGeneric"));
  assert.equal(rig.node(0).calls.route(ID)!.peer, rig.key(1));
  // Neither repairs nor route queries are for originals.
  rig.link(1, 0).send({ type: "RouteQuery", fingerprint: BOB, ttl: 8 });
  rig.run();
  assert.ok(inners(rig, 1).every(({ type }) => isOriginal(type) && type !== "RouteResponse"));
});

Deno.test("the last original that was asked goes: nobody is left to answer", () => {
  const rig = mixed();
  rig.register(ALICE, 0);
  rig.phones(0).call(offer());
  rig.run();
  rig.phones(0).take();
  rig.mesh.block(0, 1);
  rig.run();
  assert.deepEqual(rig.phones(0).take(), []);
  rig.mesh.block(0, 2);
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [{ lost: ID }]);
});
