import assert from "node:assert/strict";
import { chain, ring } from "../testing_mesh_graph.ts";
import { ALICE, answer, BOB, CallsRig, hangup, ID, offer, report } from "./testing_calls.ts";

/** An accepted call from Alice at the first relay to Bob at the one given. */
function talking(rig: CallsRig, bobAt: number): CallsRig {
  rig.register(ALICE, 0);
  rig.register(BOB, bobAt);
  rig.phones(0).call(offer());
  rig.run();
  rig.phones(bobAt).say(answer("AcceptGeneric"));
  rig.run();
  rig.phones(0).take();
  return rig;
}

/** Whether what one says reaches the other, both ways. */
function connected(rig: CallsRig, bobAt: number): boolean {
  rig.phones(0).take();
  rig.phones(bobAt).take();
  rig.phones(0).say(report());
  rig.phones(bobAt).say(report());
  rig.run();
  return rig.phones(0).kinds().join() === "MediaPathReport" &&
    rig.phones(bobAt).kinds().join() === "MediaPathReport";
}

Deno.test("in a ring a call goes on when a relay on its way dies, within a second", () => {
  for (const restart of [false, true]) {
    const rig = talking(new CallsRig(4, ring(4)), 2);
    const [before] = rig.node(0).routes.get(ID)!;
    const middle = before === rig.key(1) ? 1 : 3;
    if (restart) rig.mesh.restart(middle);
    else rig.mesh.stop(middle);
    rig.run(999);
    assert.ok(connected(rig, 2));
    if (!restart) {
      assert.deepEqual(rig.node(0).routes.get(ID), [rig.key(4 - middle)]);
      assert.deepEqual(rig.node(2).routes.get(ID), [rig.key(4 - middle)]);
      const other = rig.node(4 - middle).routes.get(ID);
      assert.deepEqual(other, [rig.key(0), rig.key(2)]);
    }
    rig.phones(2).say(hangup());
    rig.run();
    assert.deepEqual(rig.phones(0).take(), [hangup()]);
  }
});

Deno.test("the relay of the caller sees a link fail that is not its own", () => {
  const rig = talking(new CallsRig(5, ring(5)), 3);
  // The short way is over 4; the long one over 1 and 2.
  assert.deepEqual(rig.node(0).routes.get(ID), [rig.key(4)]);
  rig.mesh.block(3, 4);
  rig.run(999);
  assert.deepEqual(rig.node(0).routes.get(ID), [rig.key(1)]);
  assert.ok(connected(rig, 3));
});

Deno.test("a call lives through a link that is gone for less than five seconds", () => {
  const rig = talking(new CallsRig(3, chain(3)), 2);
  for (const [a, b] of [[0, 1], [1, 2]] as const) {
    rig.mesh.block(a, b);
    rig.run(4_000);
    assert.deepEqual(rig.phones(0).take(), []);
    rig.mesh.block(a, b, false);
    rig.run(1_500);
    assert.ok(connected(rig, 2), `${a}-${b}`);
  }
});

Deno.test("a call that has no way for five seconds is over on both sides", () => {
  const rig = talking(new CallsRig(3, chain(3)), 2);
  rig.mesh.block(0, 1);
  rig.run(4_900);
  assert.deepEqual([rig.phones(0).kinds(), rig.phones(2).kinds()], [[], []]);
  rig.run(300);
  assert.deepEqual([rig.phones(0).kinds(), rig.phones(2).kinds()], [["lost"], ["lost"]]);
  assert.deepEqual([rig.ways()[0], rig.ways()[2]], [0, 0]);
  rig.run(30_000);
  assert.deepEqual(rig.ways(), [0, 0, 0]);
});

Deno.test("a relay that comes back without the call ends it on the other side when its party has had time to move", () => {
  for (const [restarted, other] of [[0, 2], [2, 0]] as const) {
    const rig = talking(new CallsRig(3, chain(3)), 2);
    rig.phones(other).take();
    rig.mesh.restart(restarted);
    rig.run(4_900);
    assert.deepEqual(rig.phones(other).kinds(), []);
    rig.run(300);
    assert.deepEqual(rig.phones(other).kinds(), ["lost"]);
    assert.equal(rig.ways()[other], 0);
  }
});

Deno.test("a hub that comes back without the call learns of it again", () => {
  const rig = talking(new CallsRig(4, chain(4)), 3);
  rig.mesh.restart(2);
  rig.run(2_000);
  assert.ok(connected(rig, 3));
  assert.deepEqual(rig.node(2).routes.get(ID), [rig.key(1), rig.key(3)]);
});

Deno.test("a hangup that is lost with a connection is made up for", () => {
  const rig = talking(new CallsRig(2, chain(2)), 1);
  rig.phones(0).say(hangup());
  rig.mesh.renew(0, 1);
  rig.run(1_000);
  assert.deepEqual(rig.phones(1).kinds(), ["Hangup"]);
  assert.deepEqual(rig.ways(), [0, 0]);
});

Deno.test("only the relay of the other party repairs a call, and no way is taken from another call", () => {
  const rig = talking(new CallsRig(4, [...chain(3), [1, 3]]), 2);
  rig.node(3).stand = () => {};
  const setup = {
    type: "CallSetup",
    call_id: ID,
    room: `call-${ID}`,
    relay_addr: "",
    peer_direct_addr: null,
    peer_local_addrs: [],
    ext: null,
  } as const;
  // To the relay of the callee, to that of the caller, and to the hub itself.
  for (const target of [0, 1, 2]) rig.link(3, 1).send(rig.forward(setup, [3], target));
  rig.run();
  assert.deepEqual(rig.node(1).routes.get(ID), [rig.key(0), rig.key(2)]);
  assert.ok(connected(rig, 2));
  // An unknown call is no call.
  rig.node(3).got.splice(0);
  rig.link(3, 1).send(rig.forward({ ...setup, call_id: "c9" }, [3], 2));
  rig.run();
  assert.deepEqual(rig.node(3).got.map(({ inner }) => inner), [hangup("Normal", "c9")]);
  assert.deepEqual(rig.ways(), [1, 1, 1, 0]);
});

Deno.test("whatever happens to a mesh, no party is left with a call that the other has not", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const rig = talking(new CallsRig(5, ring(5), { seed, maxRedialMs: 3_000 }), 2);
    const { mesh } = rig;
    for (let step = 0; step < 12; step++) {
      const [at, what] = [Math.floor(mesh.random() * 5), mesh.random()];
      const next = (at + 1) % 5;
      if (what < 0.3) mesh.block(at, next);
      else if (what < 0.6) mesh.block(at, next, false);
      else if (what < 0.7) mesh.cut(at, next);
      else if (what < 0.8) mesh.renew(at, next);
      else if (what < 0.9 && at !== 0 && at !== 2) mesh.restart(at);
      rig.run(Math.floor(mesh.random() * 3_000));
    }
    mesh.heal();
    rig.run(40_000);
    const [alice, bob] = [rig.phones(0).calls.has(ID), rig.phones(2).calls.has(ID)];
    assert.equal(alice, bob, `seed ${seed}`);
    if (alice) assert.ok(connected(rig, 2), `seed ${seed}`);
    else assert.deepEqual([rig.ways()[0], rig.ways()[2]], [0, 0], `seed ${seed}`);
  }
});
