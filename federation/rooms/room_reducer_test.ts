import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { roomHash } from "../../proto/room_hash.ts";
import { hashRoomName } from "../../proto/room_name.ts";
import { relayNamed, taken, TestingReducer } from "./testing_reducer.ts";

const FAR = relayNamed("far");
const CALL = "call-1234";

function names(links: readonly { readonly label: string }[] | undefined): string[] | undefined {
  return links?.map(({ label }) => label);
}

Deno.test("sound goes where listeners are or are led to, and to originals always", () => {
  const it = new TestingReducer();
  const { routing } = it.reducer;
  const room = routing.byName("general")!;
  assert.deepEqual([room.targets, room.announced.size], [[], 0]);
  const [b, c] = [it.link("b"), it.link("c"), it.link("old", "legacy")];
  const foreign = it.link("foreign", "foreign");
  assert.deepEqual(names(room.targets), ["old"]);
  it.ways.set(FAR, c);
  it.state(c, FAR, "general", ["x", "y"]);
  assert.deepEqual(names(room.targets), ["c", "old"]);
  it.ways.set(FAR, b);
  it.reducer.meshChanged();
  it.flush();
  assert.deepEqual(names(room.targets), ["b", "old"]);
  it.active(foreign, "general", "z");
  assert.deepEqual(names(room.targets), ["b", "old", "foreign"]);
  assert.deepEqual(new Map(room.announced), new Map([[FAR, 2], [foreign.relay, 1]]));
  const { targets, revision } = room;
  it.local("general", "ann");
  it.reducer.meshChanged();
  it.flush();
  assert.equal(room.targets, targets, "the same array while nothing changes");
  assert.equal(room.revision, revision);
  it.reducer.down(b);
  it.ways.delete(FAR);
  it.flush();
  assert.deepEqual(names(room.targets), ["old", "foreign"]);
  assert.ok(room.revision > revision);
});

Deno.test("rooms are found by name and by hash for as long as they are shared", () => {
  const it = new TestingReducer(["general", "podcast"]);
  const { routing } = it.reducer;
  const bytes = new Uint8Array([9, ...roomHash(nodeCrypto, "podcast"), 9]);
  const podcast = routing.byName("podcast");
  assert.ok(podcast !== null && podcast === routing.byHash(bytes, 1));
  assert.deepEqual(podcast.hash, roomHash(nodeCrypto, "podcast"));
  assert.equal(podcast.scoped, false);
  for (const other of ["private", hashRoomName(nodeCrypto, "podcast"), CALL]) {
    assert.equal(routing.byName(other), null);
  }
  // The first six bytes are the key of the table only.
  bytes[8]! ^= 1;
  assert.equal(routing.byHash(bytes, 1), null);
  bytes[8]! ^= 1;
  const told: string[] = [];
  const stop = routing.watch({
    shared: (room) => {
      assert.equal(routing.byName(room.name), room);
      told.push(`shared ${room.name}`);
    },
    gone: ({ name }) => void told.push(`gone ${name}`),
  });
  it.reducer.configure(["general"], null, new Map());
  it.flush();
  assert.deepEqual(told, ["gone podcast"]);
  assert.deepEqual([routing.byName("podcast"), routing.byHash(bytes, 1)], [null, null]);
  it.reducer.configure(["general", "attic"], null, new Map());
  it.flush();
  assert.deepEqual(told, ["gone podcast", "shared attic"]);
  stop();
  it.reducer.configure([], null, new Map());
  it.flush();
  assert.equal(told.length, 2);
});

Deno.test("a room that ceases to be shared is taken back, one that begins to be is told and known", () => {
  const it = new TestingReducer(["general"]);
  const [b, c, old] = [it.link("b"), it.link("c"), it.link("old", "legacy")];
  it.local("general", "ann");
  it.local("podcast", "ann");
  it.state(b, b.relay, "general", ["bob"]);
  it.state(b, b.relay, "podcast", ["bob"]);
  it.active(old, "podcast", "leo");
  it.active(old, hashRoomName(nodeCrypto, "podcast"), "liz");
  assert.deepEqual(it.ignored, ["not_shared", "not_shared", "not_shared"]);
  assert.deepEqual(it.remote("podcast"), []);
  for (const link of [b, c, old]) taken(link);
  it.refreshed.length = 0;
  it.reducer.configure(["podcast"], null, new Map());
  it.flush();
  const bee = `state ${b.relay.match(/../g)!.join(":").slice(0, 5)}`;
  assert.deepEqual(taken(b).sort(), [
    "state self general: ",
    "state self podcast: ann leo liz",
  ]);
  assert.deepEqual(
    taken(c).sort(),
    [
      "state self general: ",
      "state self podcast: ann leo liz",
      `${bee} podcast: bob`,
    ].sort(),
  );
  assert.deepEqual(taken(old), ["inactive general", "active podcast: ann bob@b"]);
  assert.deepEqual(it.refreshed.sort(), ["general", "podcast"]);
  assert.deepEqual(it.remote("general"), []);
  assert.deepEqual(it.remote("podcast"), ["bob@b", "leo@old", "liz@old"]);
  it.reducer.configure(["general"], null, new Map());
  it.flush();
  assert.deepEqual(it.remote("general"), ["bob@b"], "it was kept aside");
});

Deno.test("the room of a call is for the relays on its path, and each side may come first", () => {
  const it = new TestingReducer();
  const [b, c, d, old] = [it.link("b"), it.link("c"), it.link("d"), it.link("old", "legacy")];
  it.local(CALL, "ann");
  for (const link of [b, c, d, old]) assert.deepEqual(taken(link), []);
  it.ways.set(FAR, c);
  it.state(c, FAR, CALL, ["bob"]);
  it.state(d, d.relay, CALL, ["mallory"]);
  it.active(old, CALL, "eve");
  assert.deepEqual([it.remote(CALL), it.reducer.routing.byName(CALL)], [[], null]);
  it.reducer.scope("1234", [b.relay, c.relay, relayNamed("not up yet")]);
  it.flush();
  assert.deepEqual(it.remote(CALL), [`bob@${FAR.slice(0, 8)}`]);
  const far = `state ${FAR.match(/../g)!.join(":").slice(0, 5)}`;
  assert.deepEqual(taken(b).sort(), [`${far} ${CALL}: bob`, `state self ${CALL}: ann`].sort());
  assert.deepEqual(taken(c), [`state self ${CALL}: ann`]);
  assert.deepEqual([taken(d), taken(old)], [[], []]);
  const room = it.reducer.routing.byName(CALL)!;
  assert.deepEqual([room.scoped, names(room.targets)], [true, ["b", "c"]]);
  it.state(d, d.relay, CALL, ["mallory"]);
  it.active(old, CALL, "eve");
  assert.equal(it.remote(CALL).length, 1);
  const late = it.link("not up yet");
  assert.equal(taken(late).length, 2);
  assert.deepEqual(names(room.targets), ["b", "c", "not up yet"]);
  it.reducer.scope("1234", []);
  it.flush();
  assert.deepEqual([it.remote(CALL), it.reducer.routing.byName(CALL)], [[], null]);
  for (const link of [b, c, late]) assert.deepEqual(taken(link), [`state self ${CALL}: `]);
  it.local(CALL);
  for (const link of [b, c, d, late]) assert.deepEqual(taken(link), []);
});

Deno.test("a call through an original is announced to it, and its list counts while the call lasts", () => {
  const it = new TestingReducer();
  const [b, old] = [it.link("b"), it.link("old", "legacy")];
  it.local(CALL, "ann");
  it.active(old, CALL, "leo");
  it.reducer.scope("1234", [old.relay]);
  it.flush();
  assert.deepEqual(taken(old), [`active ${CALL}: ann`]);
  assert.deepEqual(it.remote(CALL), ["leo@old"]);
  it.reducer.scope("1234", []);
  it.flush();
  assert.deepEqual(taken(old), [`inactive ${CALL}`]);
  assert.deepEqual([it.remote(CALL), taken(b)], [[], []]);
});

Deno.test("the path of a call can move: who is off it is told that it is over, who is on it goes on", () => {
  const it = new TestingReducer();
  const [b, c] = [it.link("b"), it.link("c")];
  it.ways.set(FAR, b);
  it.local(CALL, "ann");
  it.reducer.scope("1234", [b.relay]);
  const seq = it.state(b, FAR, CALL, ["bob"]);
  taken(b);
  it.reducer.scope("1234", [c.relay]);
  it.flush();
  const far = `state ${FAR.match(/../g)!.join(":").slice(0, 5)}`;
  assert.deepEqual(taken(b), [`state self ${CALL}: `]);
  assert.deepEqual(taken(c).sort(), [`${far} ${CALL}: bob`, `state self ${CALL}: ann`].sort());
  assert.deepEqual(it.remote(CALL), [], "what came on the old path does not count");
  it.state(c, FAR, CALL, ["bob"], { seq });
  assert.equal(it.remote(CALL).length, 1);
  it.reducer.down(c);
  it.flush();
  assert.deepEqual(it.remote(CALL), [], "the path is broken");
});

Deno.test("who was heard of over a link of a call's path is gone with that link", () => {
  const it = new TestingReducer();
  const b = it.link("b");
  it.ways.set(FAR, b);
  it.reducer.scope("1234", [b.relay]);
  it.state(b, FAR, CALL, ["bob"]);
  it.reducer.down(b);
  it.flush();
  assert.deepEqual(it.remote(CALL), []);
});

Deno.test("what the new path of a call says before it is known counts once it is", () => {
  const it = new TestingReducer();
  const [b, c] = [it.link("b"), it.link("c")];
  it.ways.set(FAR, b);
  it.reducer.scope("1234", [b.relay]);
  const seq = it.state(b, FAR, CALL, ["bob"]);
  it.state(c, FAR, CALL, ["bob"], { seq });
  it.state(c, FAR, CALL, ["mallory"]);
  assert.deepEqual(it.remote(CALL), [`bob@${FAR.slice(0, 8)}`], "c is not on the path");
  it.reducer.scope("1234", [c.relay]);
  it.flush();
  assert.deepEqual(it.remote(CALL), [`bob@${FAR.slice(0, 8)}`]);
});

Deno.test("nothing of a call is left for another one of its name", () => {
  const it = new TestingReducer();
  const [b, old] = [it.link("b"), it.link("old", "legacy")];
  const path = [b.relay, old.relay];
  it.reducer.scope("1234", path);
  it.state(b, b.relay, CALL, ["bob"]);
  it.active(old, CALL, "leo");
  assert.equal(it.remote(CALL).length, 2);
  it.reducer.scope("1234", []);
  it.reducer.scope("1234", path);
  it.flush();
  assert.deepEqual(it.remote(CALL), []);
});

Deno.test("large rooms tell their changes together, small ones at once", () => {
  const it = new TestingReducer();
  const [b, old] = [it.link("b"), it.link("old", "legacy")];
  const crowd = Array.from({ length: 500 }, (_, i) => `p${i}`);
  for (let size = 1; size <= crowd.length; size++) {
    it.local("general", ...crowd.slice(0, size));
    it.clock.advance(1);
    it.flush();
  }
  it.run(100);
  for (const link of [b, old]) {
    const told = taken(link);
    assert.ok(told.length >= 20 && told.length <= 27, `${told.length} lists`);
    assert.ok(told.at(-1)!.endsWith("p499"));
  }
});
