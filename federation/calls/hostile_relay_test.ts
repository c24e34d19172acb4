import assert from "node:assert/strict";
import { chain, star } from "../testing_mesh_graph.ts";
import { MAX_UNANSWERED_PER_RELAY } from "./call_ways.ts";
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

/** Relay 0 in the middle has Carol, 1 has Alice, 2 has Bob; relay 3 is hostile and has nobody. */
function hostile(): CallsRig {
  const rig = new CallsRig(4, star(4));
  rig.register(CAROL, 0);
  rig.register(ALICE, 1);
  rig.register(BOB, 2);
  rig.node(3).stand = () => {};
  return rig;
}

/** Alice's call to Bob, over relay 0. */
function calling(): CallsRig {
  const rig = hostile();
  rig.phones(1).call(offer());
  rig.run();
  rig.phones(1).take();
  return rig;
}

const ignored = (rig: CallsRig, reason: "self_sourced" | "wrong_relay" | "loop" | "not_expected") =>
  rig.node(0).counters.federationCallSignalsIgnored.get(reason);

Deno.test("a self-sourced forward is dropped", () => {
  const rig = hostile();
  const own = rig.forward(offer(), [0, 3]);
  rig.link(3, 0).send(own);
  // Also without a path, as a relay of the original kind would send it back.
  rig.link(3, 0).send({ ...own, ext: null });
  rig.run();
  assert.equal(ignored(rig, "self_sourced"), 2);
  assert.deepEqual(rig.phones(2).offers, []);
  assert.deepEqual(rig.node(3).got, []);
  assert.deepEqual(rig.ways(), [0, 0, 0, 0]);
});

Deno.test("only a relay that was asked may answer, ring, end or report", () => {
  const rig = calling();
  for (const news of [answer("AcceptTrusted"), ringing(), hangup(), report()]) {
    rig.link(3, 0).send(rig.forward(news, [3]));
    // Nor in the name of the one that was asked.
    rig.link(3, 0).send(rig.forward(news, [2, 3]));
  }
  rig.run();
  assert.deepEqual([rig.phones(1).take(), rig.phones(2).take()], [[], []]);
  assert.equal(ignored(rig, "wrong_relay"), 8);
  rig.phones(2).say(answer("AcceptGeneric"));
  rig.run();
  assert.deepEqual(rig.phones(1).take(), [answer("AcceptGeneric")]);
});

Deno.test("a relay on the way cannot answer for the one that is called", () => {
  const rig = new CallsRig(3, chain(3));
  rig.register(ALICE, 0);
  rig.register(BOB, 2);
  rig.node(1).stand = () => {};
  rig.phones(0).call(offer());
  rig.run();
  rig.link(1, 0).send(rig.forward(answer("AcceptTrusted"), [1]));
  rig.run();
  assert.deepEqual(rig.phones(0).take(), []);
  // What says that it began at the right one is believed: relays on the way are trusted to pass things on.
  rig.link(1, 0).send(rig.forward(answer("AcceptTrusted"), [2, 1]));
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [answer("AcceptTrusted")]);
});

Deno.test("nobody answers twice, before the offer, or from the caller's side", () => {
  const rig = calling();
  rig.phones(2).say(answer("AcceptGeneric"));
  rig.run();
  rig.link(2, 0).send(rig.forward(answer("AcceptTrusted"), [2]));
  rig.link(1, 0).send(rig.forward(answer("AcceptTrusted"), [1]));
  rig.run();
  assert.deepEqual(rig.phones(1).take(), [answer("AcceptGeneric")]);
  assert.equal(ignored(rig, "not_expected"), 2);
});

Deno.test("no relay calls in the name of somebody it does not have", () => {
  const rig = hostile();
  // Of this relay's own client, wherever the call goes; and of one that another relay has.
  rig.link(3, 0).send(rig.forward(offer("c1", CAROL, BOB), [3], 2));
  rig.link(3, 0).send(rig.forward(offer("c2", ALICE, CAROL), [3], 0));
  rig.link(3, 0).send(rig.forward(offer("c3", ALICE, BOB), [3], 2));
  rig.run();
  assert.deepEqual([rig.phones(0).offers, rig.phones(2).offers], [[], []]);
  assert.equal(rig.node(0).counters.federationOffersRefused.get("wrong_caller"), 3);
  const reasons = rig.node(3).got.map(({ inner }) => inner);
  assert.deepEqual(reasons, ["c1", "c2", "c3"].map((id) => hangup("Error", id)));
});

Deno.test("somebody whom no directory names yet may call", () => {
  const rig = hostile();
  const newcomer = ALICE.replaceAll("a", "d");
  rig.link(3, 0).send(rig.forward(offer("c1", newcomer, CAROL), [3], 0));
  rig.run();
  assert.equal(rig.phones(0).offers.length, 1);
});

Deno.test("an id in use cannot be taken over: of a call here, of one that passes, of one that is offered", () => {
  const rig = calling();
  rig.phones(0).calls.add("c0");
  const mine = ALICE.replaceAll("a", "d");
  rig.link(3, 0).send(rig.forward(offer("c0", mine, CAROL), [3], 0));
  rig.link(3, 0).send(rig.forward(offer(ID, mine, CAROL), [3], 0));
  rig.link(3, 0).send(rig.forward(offer(ID, mine, BOB), [3], 2));
  rig.run();
  assert.deepEqual(rig.phones(0).offers, []);
  assert.equal(rig.node(0).counters.federationOffersRefused.get("call_id_in_use"), 3);
  assert.equal(rig.node(0).calls.passes(ID), true);
  // The refusals went to the hostile relay alone.
  assert.deepEqual(rig.phones(1).take(), []);
  rig.phones(2).say(answer("AcceptGeneric"));
  rig.run();
  assert.deepEqual(rig.phones(1).take(), [answer("AcceptGeneric")]);
});

Deno.test("offers that are no offers are refused", () => {
  const rig = hostile();
  const mine = ALICE.replaceAll("a", "d");
  for (
    const bad of [
      offer("UPPER", mine, CAROL),
      offer("c1", "somebody", CAROL),
      offer("c2", mine.toUpperCase(), CAROL),
      offer("c3", mine, `${CAROL} `),
    ]
  ) rig.link(3, 0).send(rig.forward(bad, [3], 0));
  rig.run();
  assert.deepEqual(rig.phones(0).offers, []);
  assert.equal(rig.node(0).counters.federationOffersRefused.get("malformed"), 4);
});

Deno.test("an offer that has been here is not passed on again, and its caller hears it", () => {
  const rig = hostile();
  rig.link(3, 0).send(rig.forward(offer("c1"), [1, 0, 3], 2, 6));
  rig.run();
  assert.equal(ignored(rig, "loop"), 1);
  assert.deepEqual(rig.phones(2).offers, []);
  assert.deepEqual(rig.node(3).got.map(({ inner }) => inner), [hangup("Normal", "c1")]);
});

Deno.test("an offer does not go back where it came from, nor to a relay it has been at", () => {
  const rig = new CallsRig(3, chain(3));
  rig.register(BOB, 0);
  const mine = ALICE.replaceAll("a", "d");
  // Bob is behind relay 1; what comes from there for him is lost on its way.
  rig.node(1).stand = () => {};
  rig.link(1, 2).send(rig.forward(offer("c1", mine, BOB), [1], 0));
  rig.run();
  assert.deepEqual(rig.node(1).got.map(({ inner }) => inner), [hangup("Normal", "c1")]);
  assert.equal(rig.node(2).counters.federationOffersRefused.get("unreachable"), 1);
});

Deno.test("forwards that claim a wrong way are not looked at", () => {
  const rig = hostile();
  const send = (path: readonly number[], change: Partial<ReturnType<CallsRig["forward"]>> = {}) =>
    rig.link(3, 0).send({ ...rig.forward(report(), path), ...change });
  send([2]);
  send([2, 3], { origin_relay_fp: rig.forward(report(), [3]).origin_relay_fp });
  send([2, 3, 3]);
  send([3], { origin_relay_fp: "x" });
  send([3], { ext: { v: 1, caps: [], ttl: 8, path: [], target_relay: null } });
  send([3], { ext: { v: 1, caps: [], ttl: 8, path: ["x"], target_relay: null } });
  send([3], { ext: { ...rig.forward(report(), [3]).ext!, target_relay: "x" } });
  rig.run();
  assert.equal(rig.node(0).counters.federationCallSignalsIgnored.get("malformed"), 7);
  send([3], { ext: { ...rig.forward(report(), [3]).ext!, ttl: 9 } });
  send([3], { ext: { ...rig.forward(report(), [3]).ext!, ttl: 0 } });
  send([3], { ext: { ...rig.forward(report(), [3]).ext!, path: Array(9).fill("x") } });
  rig.run();
  assert.equal(rig.node(0).counters.federationCallSignalsIgnored.get("hop_limit"), 3);
});

Deno.test("a flood of offers leaves a bounded number, and others can call", () => {
  const rig = hostile();
  const mine = ALICE.replaceAll("a", "d");
  for (let i = 0; i < MAX_UNANSWERED_PER_RELAY + 500; i++) {
    rig.link(3, 0).send(rig.forward(offer(`f${i}`, mine, BOB), [3], 2));
  }
  rig.run(2_000);
  assert.equal(rig.node(0).counters.federationCallWays, MAX_UNANSWERED_PER_RELAY);
  assert.equal(rig.node(0).counters.federationOffersRefused.get("too_many_calls"), 500);
  const busy = rig.node(3).got.filter(({ inner }) => inner.type === "Hangup");
  assert.equal(busy.length, 500);
  // Nor do they take the place of others at the relay they were passed on to.
  rig.phones(1).call(offer("c1"));
  rig.run();
  assert.deepEqual(rig.phones(1).take(), [ringing("c1")]);
});

Deno.test("what relays do not tell each other is not passed on", () => {
  const rig = calling();
  rig.link(1, 0).send(rig.forward({ type: "Hold" }, [1]));
  rig.link(1, 0).send(rig.forward(rig.forward(offer("c9"), [1]), [1]));
  rig.run();
  assert.equal(ignored(rig, "not_expected"), 2);
  assert.equal(rig.node(0).calls.signal(rig.link(0, 1), { type: "Hold" }), false);
});
