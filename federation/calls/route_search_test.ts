import assert from "node:assert/strict";
import { chain, fullMesh, ring, star } from "../testing_mesh_graph.ts";
import { REMEMBER_MS, SEARCH_MS } from "./route_search.ts";
import { ALICE, BOB, CallsRig, hangup, ID, offer, ringing } from "./testing_calls.ts";

/** Alice is at relay 0, and Bob, whom no directory names, at another one. */
function unnamed(rig: CallsRig, bobAt: number | null): CallsRig {
  rig.register(ALICE, 0);
  if (bobAt !== null) rig.register(BOB, bobAt, true);
  return rig;
}

const queries = (rig: CallsRig) => rig.mesh.sent.get("RouteQuery") ?? 0;

Deno.test("somebody whom the directory does not name is found over several relays", () => {
  for (
    const [rig, bobAt] of [
      [new CallsRig(2, chain(2)), 1],
      [new CallsRig(5, chain(5)), 4],
      [new CallsRig(6, ring(6)), 3],
      [new CallsRig(5, fullMesh(5)), 4],
      [new CallsRig(6, star(6)), 5],
    ] as const
  ) {
    unnamed(rig, bobAt);
    rig.phones(0).call(offer());
    rig.run(1_000);
    assert.deepEqual(rig.phones(0).take(), [ringing()]);
    assert.equal(rig.phones(bobAt).offers.length, 1);
  }
});

Deno.test("the answer names the relays on the way and is remembered for half a minute", () => {
  const rig = unnamed(new CallsRig(4, chain(4)), 3);
  rig.phones(0).call(offer("c1"));
  rig.run();
  assert.deepEqual(rig.node(0).calls.further(BOB), [
    "10.0.0.2:4433",
    "10.0.0.3:4433",
    "10.0.0.4:4433",
  ]);
  const asked = queries(rig);
  assert.equal(asked, 3);
  rig.phones(0).call(offer("c2"));
  rig.run();
  assert.equal(queries(rig), asked);
  assert.equal(rig.phones(3).offers.length, 2);
  rig.run(REMEMBER_MS);
  assert.equal(rig.node(0).calls.further(BOB), null);
  rig.phones(0).call(offer("c3"));
  rig.run();
  assert.equal(queries(rig), 2 * asked);
});

Deno.test("what was found over a link is forgotten with it", () => {
  const rig = unnamed(new CallsRig(3, chain(3)), 2);
  rig.phones(0).call(offer());
  rig.run();
  rig.mesh.block(0, 1);
  rig.run();
  assert.equal(rig.node(0).calls.further(BOB), null);
});

Deno.test("nobody has him: the caller hears it, at once where the answers come at once", () => {
  const quick = unnamed(new CallsRig(4, chain(4)), null);
  quick.phones(0).call(offer());
  quick.run(300);
  assert.deepEqual(quick.phones(0).take(), [{ lost: ID }]);
  // In a ring two relays wait for each other, but not for longer than the search takes.
  const slow = unnamed(new CallsRig(4, ring(4)), null);
  slow.phones(0).call(offer());
  slow.run(SEARCH_MS);
  assert.deepEqual(slow.phones(0).take(), [{ lost: ID }]);
  assert.ok(queries(slow) <= 8);
  const silent = unnamed(new CallsRig(2, chain(2)), null);
  silent.node(1).stand = () => {};
  silent.phones(0).call(offer());
  silent.run(SEARCH_MS - 1);
  assert.deepEqual(silent.phones(0).take(), []);
  silent.run(1);
  assert.deepEqual(silent.phones(0).take(), [{ lost: ID }]);
});

Deno.test("a query crosses each link once in each direction, however the relays are linked", () => {
  const rig = unnamed(new CallsRig(6, fullMesh(6)), null);
  rig.phones(0).call(offer());
  rig.run(2_000);
  assert.ok(queries(rig) <= 30, `${queries(rig)}`);
  assert.equal(rig.run(60_000).mesh.sent.get("RouteQuery"), queries(rig));
});

Deno.test("a query goes over eight links and no further", () => {
  const near = unnamed(new CallsRig(9, chain(9)), 8);
  near.phones(0).call(offer());
  near.run(1_000);
  assert.deepEqual(near.phones(0).take(), [ringing()]);
  const far = unnamed(new CallsRig(10, chain(10)), 9);
  far.phones(0).call(offer());
  far.run(2_000);
  assert.deepEqual(far.phones(0).take(), [{ lost: ID }]);
});

Deno.test("a relay that knows the way by its directory need not ask on", () => {
  const rig = unnamed(new CallsRig(3, chain(3)), 2);
  rig.link(0, 1).send({ type: "RouteQuery", fingerprint: BOB, ttl: 8 });
  rig.run();
  assert.equal(queries(rig), 2);
  rig.directory.set(BOB, [2]);
  rig.link(0, 1).send({ type: "RouteQuery", fingerprint: BOB, ttl: 1 });
  rig.run();
  assert.equal(queries(rig), 3);
  assert.equal(rig.mesh.sent.get("RouteResponse"), 3);
});

Deno.test("the caller gives up while it is searched for: nobody is called", () => {
  const rig = unnamed(new CallsRig(3, chain(3)), 2);
  rig.phones(0).call(offer());
  assert.equal(rig.phones(0).say(hangup()), false);
  rig.run(2_000);
  assert.deepEqual(rig.phones(2).offers, []);
  assert.deepEqual(rig.phones(0).take(), []);
});

Deno.test("answers that were not asked for count for nothing, and floods of queries are cut", () => {
  const rig = unnamed(new CallsRig(3, chain(3)), null);
  const relay_chain = ["10.0.0.2:4433"];
  rig.link(1, 0).send({ type: "RouteResponse", fingerprint: BOB, found: true, relay_chain });
  rig.run();
  assert.equal(rig.node(0).calls.further(BOB), null);
  for (let i = 0; i < 1_000; i++) {
    const fingerprint = BOB.slice(0, -4) + i.toString(16).padStart(4, "0");
    rig.link(0, 1).send({ type: "RouteQuery", fingerprint, ttl: 8 });
  }
  rig.link(0, 1).send({ type: "RouteQuery", fingerprint: "x", ttl: 8 });
  rig.run(100);
  const { federationRouteSearches } = rig.node(1).counters;
  assert.ok(federationRouteSearches.get("begun") <= 210);
  assert.ok(federationRouteSearches.get("rate_limited") >= 790);
  assert.equal(federationRouteSearches.get("malformed"), 1);
});

Deno.test("an answer with an impossible way is none", () => {
  for (const relay_chain of [[], Array(10).fill("10.0.0.2:4433"), ["x".repeat(65)]]) {
    const rig = unnamed(new CallsRig(2, chain(2)), null);
    rig.node(1).stand = (link, message) => {
      if (message.type !== "RouteQuery") return;
      link.send({ type: "RouteResponse", fingerprint: BOB, found: true, relay_chain });
    };
    rig.phones(0).call(offer());
    rig.run();
    assert.deepEqual(rig.phones(0).take(), [{ lost: ID }]);
  }
});
