import assert from "node:assert/strict";
import type { SignalOf } from "../../proto/signal/mod.ts";
import { chain } from "../testing_mesh_graph.ts";
import { ALICE, answer, BOB, CallsRig, hangup, ID, offer } from "./testing_calls.ts";

const asks = (seq = 1): SignalOf<"CallParties"> => ({
  type: "CallParties",
  call_id: ID,
  here: [ALICE],
  asks: true,
  seq,
});

/** An accepted call over relays in a row: of Alice at the first with Bob at the last. */
function talking(relays: number, more: ConstructorParameters<typeof CallsRig>[2] = {}): CallsRig {
  const rig = new CallsRig(relays, chain(relays), more);
  rig.register(ALICE, 0);
  rig.register(BOB, relays - 1);
  rig.phones(0).call(offer());
  rig.run();
  rig.phones(relays - 1).say(answer("AcceptGeneric"));
  rig.run();
  for (const { node } of rig.mesh.running()) node.phones.take();
  return rig;
}

const asked = (rig: CallsRig, index: number) =>
  rig.node(index).got.some(({ inner }) => inner.type === "CallParties");

for (const relays of [2, 4]) {
  Deno.test(`the relays of the parties ask each other over ${relays - 1} links, and the way stays`, () => {
    const rig = talking(relays);
    for (const [from, to] of [[0, relays - 1], [relays - 1, 0]] as const) {
      assert.equal(rig.phones(from).say(asks()), true);
      rig.run();
      assert.deepEqual([rig.phones(to).take(), rig.phones(from).take()], [[asks()], []]);
    }
    assert.deepEqual(rig.ways(), Array(relays).fill(1));
  });
}

Deno.test("a relay in between may not say who is where, and nobody may before the call is accepted", () => {
  const rig = talking(3);
  rig.link(1, 0).send(rig.forward(asks(), [1], 0));
  rig.run();
  assert.equal(rig.node(0).counters.federationCallSignalsIgnored.get("wrong_relay"), 1);
  const ringing = new CallsRig(2, chain(2));
  ringing.register(ALICE, 0);
  ringing.register(BOB, 1);
  ringing.phones(0).call(offer());
  ringing.run();
  ringing.phones(0).take();
  ringing.phones(1).say(asks());
  ringing.run();
  assert.equal(ringing.node(0).counters.federationCallSignalsIgnored.get("not_expected"), 1);
  assert.deepEqual([rig.phones(0).take(), ringing.phones(0).take()], [[], []]);
});

Deno.test("who asks for a call that is over is told so, who answers is not", () => {
  const rig = talking(3);
  rig.link(1, 0).send(rig.forward({ ...asks(), call_id: "other" }, [1], 0));
  rig.link(1, 0).send(rig.forward({ ...asks(), call_id: "other", asks: false }, [1], 0));
  rig.run();
  const answers = rig.node(1).got.map(({ inner }) => inner).filter(({ type }) => type === "Hangup");
  assert.deepEqual(answers, [hangup("Normal", "other")]);
});

Deno.test("a neighbour that has not announced it gets none, and one that is away now is asked when it is back", () => {
  const older = (from: number) =>
    talking(3, { can: (a, b, what) => what !== "parties" || Math.min(a, b) !== from });
  assert.equal(older(0).phones(0).say(asks()), false);
  const further = older(1);
  assert.equal(further.phones(0).say(asks()), true);
  further.run();
  assert.deepEqual([asked(further, 1), asked(further, 2)], [true, false]);
  const rig = talking(2);
  rig.mesh.block(0, 1);
  rig.run();
  assert.equal(rig.phones(0).say(asks()), true);
  rig.mesh.block(0, 1, false);
  rig.run(1_000);
  assert.equal(asked(rig, 1), false);
  rig.phones(0).say(asks());
  rig.run();
  assert.deepEqual(rig.phones(1).take(), [asks()]);
});
