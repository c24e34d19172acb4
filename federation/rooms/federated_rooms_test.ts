import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { hashRoomName } from "../../proto/room_name.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { wireRelay } from "../relay_key.ts";
import { looseLink } from "../testing_mesh_link.ts";
import { TestingNode } from "./testing_node.ts";
import { relayNamed, SELF, taken } from "./testing_reducer.ts";

function node(globalRooms: readonly string[] = ["general"]) {
  const clock = new ManualClock();
  let changed = () => {};
  const reachable = new Set<string>();
  const it = new TestingNode({
    site: { index: 0, key: SELF, life: 1, clock, random: () => 0 },
    mesh: {
      reachable: (relay) => reachable.has(relay),
      nextHop: () => null,
      onChange: (listener) => {
        changed = listener;
        return () => void (changed = () => {});
      },
    },
    globalRooms,
  });
  clock.advance(0);
  return { it, clock, reachable, meshChanged: () => changed() };
}

function state(relay: string, seq: number, ...people: string[]) {
  const members = people.map((fingerprint) => (
    { fingerprint, alias: null, relay_label: null, via: null }
  ));
  return {
    type: "RoomState",
    relay: wireRelay(relay),
    label: "",
    seq,
    room: "general",
    members,
  } as const;
}

Deno.test("everybody who comes and goes in one turn is told in one message", () => {
  const { it, clock } = node();
  const [b, old] = [looseLink(relayNamed("b")), looseLink(relayNamed("old"), { legacy: true })];
  for (const link of [b, old]) it.up(link);
  it.join("general", "ann");
  it.join(hashRoomName(nodeCrypto, "general"), "bob");
  it.join("general", "cid");
  it.leave("general", "ann");
  it.join("private", "dan");
  assert.deepEqual(taken(b), []);
  clock.advance(0);
  assert.deepEqual(taken(b), ["state self general: bob cid"]);
  assert.deepEqual(taken(old), ["active general: bob cid"]);
});

Deno.test("clients, metric and sound follow what other relays tell, and the mesh", () => {
  const { it, clock, reachable, meshChanged } = node();
  const b = looseLink(relayNamed("b"), { label: "Bee" });
  const far = relayNamed("far");
  it.up(b);
  it.join("general", "ann");
  it.signal(b, state(b.relay, 1, "bob"));
  it.signal(b, state(far, 1, "zoe"));
  clock.advance(0);
  assert.deepEqual(it.told.get("general")?.map(({ fingerprint }) => fingerprint), ["ann", "bob"]);
  assert.equal(it.counters.federationActiveRooms, 1);
  reachable.add(far);
  meshChanged();
  clock.advance(0);
  assert.deepEqual(
    new Set(it.told.get("general")?.map((one) => one.fingerprint)),
    new Set(["ann", "bob", "zoe"]),
  );
  assert.equal(it.counters.federationActiveRooms, 2);
  assert.deepEqual(it.rooms.routing.byName("general")?.targets, [b]);
  const refreshed = it.refreshed.length;
  it.signal(b, state(b.relay, 2, "bob"));
  clock.advance(0);
  assert.equal(it.refreshed.length, refreshed, "nothing that clients see changed");
  it.down(b);
  reachable.clear();
  meshChanged();
  clock.advance(0);
  assert.deepEqual(it.told.get("general")?.map(({ fingerprint }) => fingerprint), ["ann"]);
  assert.equal(it.counters.federationActiveRooms, 0);
});

Deno.test("a reload shares another room, with whoever is in it already", () => {
  const { it, clock } = node();
  const b = looseLink(relayNamed("b"));
  it.up(b);
  it.join("podcast", "ann");
  clock.advance(0);
  assert.deepEqual(taken(b), []);
  it.globalRooms = ["podcast"];
  it.rooms.apply();
  clock.advance(0);
  assert.deepEqual(taken(b), ["state self podcast: ann"]);
});

Deno.test("a call is told to its path until it ends", () => {
  const { it, clock } = node();
  const [b, c] = [looseLink(relayNamed("b")), looseLink(relayNamed("c"))];
  for (const link of [b, c]) it.up(link);
  it.join("call-1", "ann");
  it.rooms.setCallScope("1", [b.relay]);
  clock.advance(0);
  it.rooms.clearCallScope("1");
  clock.advance(0);
  assert.deepEqual(taken(b), ["state self call-1: ann", "state self call-1: "]);
  assert.deepEqual(taken(c), []);
  it.rooms.setCallScope("not a call", [b.relay]);
  clock.advance(0);
  assert.deepEqual(taken(b), []);
});

Deno.test("once it is closed nothing is told and no timer waits", () => {
  const { it, clock, meshChanged } = node();
  const b = looseLink(relayNamed("b"));
  it.up(b);
  it.join("general", "ann");
  it.stop();
  meshChanged();
  clock.advance(60_000);
  assert.deepEqual(taken(b), []);
  assert.equal(clock.pending, 0);
});
