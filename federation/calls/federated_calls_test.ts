import assert from "node:assert/strict";
import { chain, ring } from "../testing_mesh_graph.ts";
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

/** Relays in a row; Alice is at the first and Bob at the last. */
function row(relays: number): CallsRig {
  const rig = new CallsRig(relays, chain(relays));
  rig.register(ALICE, 0);
  rig.register(BOB, relays - 1);
  return rig;
}

/** The same with Bob's phone ringing, or with the call accepted. */
function called(relays: number, accepted = false): CallsRig {
  const rig = row(relays);
  rig.phones(0).call(offer());
  rig.run();
  if (accepted) rig.phones(relays - 1).say(answer("AcceptTrusted"));
  rig.run();
  for (const { node } of rig.mesh.running()) node.phones.take();
  return rig;
}

for (const relays of [2, 3, 4, 9]) {
  Deno.test(`a call over ${relays - 1} links, from the offer to the end`, () => {
    const rig = row(relays);
    const [alice, bob] = [rig.phones(0), rig.phones(relays - 1)];
    alice.call(offer());
    rig.run();
    assert.deepEqual(bob.offers, [offer()]);
    assert.deepEqual(alice.take(), [ringing()]);
    assert.ok(bob.say(answer("AcceptTrusted")));
    rig.run();
    assert.deepEqual(alice.take(), [answer("AcceptTrusted")]);
    alice.say(report());
    bob.say(report());
    rig.run();
    assert.deepEqual([alice.take(), bob.take()], [[report()], [report()]]);
    // Relays in between are asked nothing, and keep the way.
    assert.deepEqual(rig.ways(), Array(relays).fill(1));
    alice.say(hangup("Normal"));
    rig.run();
    assert.deepEqual(bob.take(), [hangup("Normal")]);
    assert.deepEqual(rig.ways(), Array(relays).fill(0));
    for (const { node } of rig.mesh.running()) assert.equal(node.routes.size, 0);
  });
}

Deno.test("nine links are too many, and the caller hears it", () => {
  const rig = row(10);
  rig.phones(0).call(offer());
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [hangup("Normal")]);
  assert.deepEqual(rig.phones(9).offers, []);
  assert.equal(rig.node(8).counters.federationOffersRefused.get("hop_limit"), 1);
  assert.deepEqual(rig.ways(), Array(10).fill(0));
});

Deno.test("the offer stashes the peer relay's fingerprint", () => {
  const rig = called(3, true);
  const [near, far] = [rig.node(0).calls.route(ID), rig.node(2).calls.route(ID)];
  assert.deepEqual([near?.here, near?.peer], ["caller", rig.key(2)]);
  assert.deepEqual([far?.here, far?.peer], ["callee", rig.key(0)]);
  const between = rig.node(1).calls.route(ID);
  assert.deepEqual([between?.here, between?.peer], [null, null]);
});

Deno.test("accepted calls tell over which neighbours they go, until they end", () => {
  const rig = called(4);
  for (const { node } of rig.mesh.running()) assert.equal(node.routes.size, 0);
  rig.phones(3).say(answer("AcceptGeneric"));
  rig.run();
  const neighbours = (index: number) => rig.node(index).routes.get(ID);
  assert.deepEqual(neighbours(0), [rig.key(1)]);
  assert.deepEqual(neighbours(1), [rig.key(0), rig.key(2)]);
  assert.deepEqual(neighbours(2), [rig.key(1), rig.key(3)]);
  assert.deepEqual(neighbours(3), [rig.key(2)]);
  const late: string[] = [];
  rig.node(1).calls.watch({ changed: ({ callId }) => late.push(callId), closed: () => {} });
  assert.deepEqual(late, [ID]);
});

Deno.test("everything that ends a call reaches the other side within a second", () => {
  for (const accepted of [false, true]) {
    for (const from of [0, 2]) {
      const rig = called(3, accepted);
      rig.phones(from).say(hangup("Busy"));
      rig.run(999);
      assert.deepEqual(rig.phones(2 - from).take(), [hangup("Busy")]);
      assert.deepEqual(rig.ways(), [0, 0, 0]);
    }
  }
});

Deno.test("a rejection that comes as an answer ends the call as a hangup does", () => {
  const rig = called(3);
  rig.phones(2).say(answer("Reject"));
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [hangup("Normal")]);
  assert.deepEqual(rig.ways(), [0, 0, 0]);
});

Deno.test("a callee that is not there any more, or cannot be called, is told at once", () => {
  const rig = row(3);
  rig.phones(2).registered.delete(BOB);
  rig.phones(0).call(offer("c1"));
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [hangup("Normal", "c1")]);
  rig.phones(2).registered.add(BOB);
  rig.phones(2).refuses = "Busy";
  rig.phones(0).call(offer("c2"));
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [hangup("Busy", "c2")]);
  assert.deepEqual(rig.ways(), [0, 0, 0]);
});

Deno.test("with no relay to ask nobody is asked", () => {
  const rig = new CallsRig(2, []);
  assert.equal(rig.node(0).calls.canAsk(), false);
  rig.phones(0).call(offer());
  assert.deepEqual(rig.phones(0).take(), [{ lost: ID }]);
});

Deno.test("a link that fails before the answer ends the call on both sides", () => {
  for (const [a, b] of [[0, 1], [1, 2]] as const) {
    const rig = called(3);
    rig.mesh.block(a, b);
    rig.run();
    assert.deepEqual(rig.phones(0).kinds(), [a === 0 ? "lost" : "Hangup"]);
    assert.deepEqual(rig.phones(2).kinds(), [b === 2 ? "lost" : "Hangup"]);
    assert.deepEqual(rig.ways(), [0, 0, 0]);
  }
});

Deno.test("several calls between the same relays do not mix", () => {
  const rig = row(3);
  rig.register(CAROL, 0);
  rig.phones(0).call(offer("c1"));
  rig.phones(2).call(offer("c2", BOB, CAROL));
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [ringing("c1")]);
  assert.deepEqual(rig.phones(2).take(), [ringing("c2")]);
  rig.phones(0).say(answer("AcceptGeneric", "c2"));
  rig.phones(2).say(hangup("Normal", "c1"));
  rig.run();
  assert.deepEqual(rig.phones(0).take(), [hangup("Normal", "c1")]);
  assert.deepEqual(rig.phones(2).take(), [answer("AcceptGeneric", "c2")]);
});

Deno.test("a caller who gives up while the callee accepts leaves nothing behind", () => {
  const rig = called(3);
  rig.phones(2).say(answer("AcceptGeneric"));
  rig.phones(0).say(hangup("Normal"));
  rig.run();
  assert.deepEqual(rig.phones(0).take(), []);
  assert.ok(rig.phones(2).kinds().includes("Hangup"));
  assert.deepEqual(rig.ways(), [0, 0, 0]);
});

Deno.test("in a ring the offer takes one way and nobody hears it twice", () => {
  const rig = new CallsRig(4, ring(4));
  rig.register(ALICE, 0);
  rig.register(BOB, 2);
  rig.phones(0).call(offer());
  rig.run();
  assert.equal(rig.phones(2).offers.length, 1);
  assert.equal(rig.node(1).got.length + rig.node(3).got.length, 2);
});
