import assert from "node:assert/strict";
import { hashRoomName } from "../../proto/room_name.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { member, relayNamed, taken, TestingReducer } from "./testing_reducer.ts";

const FAR = relayNamed("far");
const HASHED = hashRoomName(nodeCrypto, "general");

Deno.test("a link without rooms gets one merged list, only when it changed for it", () => {
  for (const kind of ["legacy", "foreign"] as const) {
    const it = new TestingReducer(["general", "podcast"]);
    const [ours, old] = [it.link("b"), it.link("old", kind)];
    it.local("general", "ann");
    it.state(ours, ours.relay, "general", ["bob"]);
    assert.deepEqual(taken(old), ["active general: ann", "active general: ann bob@b"]);
    it.state(ours, ours.relay, "general", ["bob"]);
    it.state(ours, ours.relay, "podcast", []);
    it.local("podcast");
    assert.deepEqual(taken(old), []);
    const late = it.link("late", kind);
    assert.deepEqual(taken(late), ["active general: ann bob@b"]);
    it.local("general");
    it.state(ours, ours.relay, "general", []);
    for (const link of [old, late]) {
      assert.deepEqual(taken(link), ["active general: bob@b", "inactive general"]);
    }
  }
});

Deno.test("a link without rooms never hears of its own people, nor of those others know from it", () => {
  const it = new TestingReducer();
  const [ours, old, other] = [it.link("b"), it.link("old", "legacy"), it.link("other", "legacy")];
  it.active(old, "general", "leo");
  assert.deepEqual(taken(old), []);
  assert.deepEqual(taken(other), ["active general: leo@old"]);
  const [message] = ours.sent.splice(0);
  assert.ok(message?.type === "RoomState");
  assert.deepEqual(message.members, [member("leo", { relay_label: "old", via: old.relay })]);
  it.state(ours, ours.relay, "general", [
    member("bob"),
    member("leo", { relay_label: "old", via: old.relay }),
    member("liz", { relay_label: "old", via: old.relay }),
  ]);
  assert.deepEqual(taken(old), ["active general: bob@b"]);
  assert.deepEqual(it.remote("general"), ["bob@b", "leo@old", "liz@old"]);
});

Deno.test("raw and hashed names of one room are one, and rooms that are not shared do not count", () => {
  const it = new TestingReducer();
  const [old, other] = [it.link("old", "legacy"), it.link("other", "legacy")];
  it.active(old, HASHED, "leo");
  it.active(old, "general", "liz");
  assert.deepEqual(it.remote("general").sort(), ["leo@old", "liz@old"]);
  assert.deepEqual(taken(other), ["active general: leo@old", "active general: leo@old liz@old"]);
  it.inactive(old, "general");
  assert.deepEqual(it.remote("general"), ["leo@old"]);
  it.inactive(old, HASHED);
  it.active(old, "general", "far@far");
  it.inactive(old, HASHED);
  assert.deepEqual(it.remote("general"), [], "an original forgets the canonical name as well");
  assert.deepEqual(it.ignored, []);
  for (const room of ["private", hashRoomName(nodeCrypto, "private")]) {
    it.active(old, room, "spy");
    it.inactive(old, room);
    assert.deepEqual(it.remote(room), []);
  }
  it.active(old, "", "spy");
  assert.deepEqual(it.ignored, ["not_shared", "not_shared", "malformed"]);
  taken(other);
  it.run(1_000);
  assert.deepEqual(taken(other), []);
});

Deno.test("what comes back from an original as an echo is nobody new", () => {
  const it = new TestingReducer();
  const [old, ours] = [it.link("old", "legacy"), it.link("b")];
  it.local("general", "ann");
  it.state(ours, ours.relay, "general", ["bob"]);
  it.active(old, "general", "ann@self", "bob@b", "leo");
  assert.deepEqual(it.remote("general"), ["bob@b", "leo@old"]);
  it.local("general");
  it.state(ours, ours.relay, "general", []);
  assert.deepEqual(it.remote("general"), ["leo@old"]);
  // On its way while they left.
  it.active(old, "general", "ann@self", "bob@b", "leo");
  assert.deepEqual(it.remote("general"), ["leo@old"]);
  it.run(4_000);
  it.active(old, "general", "ann@third", "leo");
  assert.deepEqual(it.remote("general"), ["ann@third", "leo@old"]);
});

Deno.test("who vanished at an original is held back from originals for 3 s when others still name them", () => {
  const it = new TestingReducer();
  const [ours, old, other] = [it.link("b"), it.link("old", "legacy"), it.link("other", "legacy")];
  it.active(other, "general", "leo@old");
  it.active(old, "general", "leo");
  it.state(ours, ours.relay, "general", ["bob"]);
  taken(old);
  it.inactive(old, "general");
  assert.deepEqual(taken(old), []);
  it.run(2_000);
  assert.deepEqual(taken(old), []);
  it.run(2_000);
  assert.deepEqual(taken(old), ["active general: bob@b leo@old"]);
});

Deno.test("an original that passes on lists of others keeps its own clients, until the last of them leaves", () => {
  const it = new TestingReducer();
  const old = it.link("old", "legacy");
  it.active(old, "general", "far@far");
  it.active(old, "general", "leo");
  assert.deepEqual(it.remote("general").sort(), ["far@far", "leo@old"]);
  it.active(old, "general", "new@far");
  assert.deepEqual(it.remote("general").sort(), ["leo@old", "new@far"]);
  it.inactive(old, "general");
  assert.deepEqual(it.remote("general"), ["new@far"]);
  it.inactive(old, "general");
  assert.deepEqual(it.remote("general"), []);
  it.active(old, "general", "leo");
  it.active(old, "general", "far@far", "leo");
  it.active(old, "general", "leo");
  assert.deepEqual(it.remote("general"), ["leo@old"], "nobody else remained");
});

Deno.test("silence is no death: lists last as long as their link", () => {
  const it = new TestingReducer();
  const old = it.link("old", "legacy");
  it.active(old, "general", "leo");
  taken(old);
  it.run(600_000);
  assert.deepEqual([it.remote("general"), taken(old)], [["leo@old"], []]);
});

Deno.test("after a connection was replaced both sides tell everything again, and old lists go", () => {
  const it = new TestingReducer(["general", "podcast"]);
  const [old, other] = [it.link("old", "legacy"), it.link("other", "legacy")];
  it.local("general", "ann");
  it.active(old, "general", "leo");
  it.active(old, "podcast", "leo");
  taken(old);
  it.reducer.renewed(old);
  it.flush();
  assert.deepEqual(taken(old), ["active general: ann"]);
  it.active(old, "general", "leo");
  it.run(4_000);
  assert.deepEqual(it.remote("general"), ["leo@old"]);
  assert.deepEqual(it.remote("podcast"), []);
  taken(other);
  // What was taken back just then reaches the new connection as well.
  it.reducer.renewed(old);
  it.local("general");
  assert.deepEqual(taken(old), ["inactive general"]);
});

Deno.test("an original that is lost takes its people with it, here and everywhere", () => {
  const it = new TestingReducer();
  const [ours, old, other] = [it.link("b"), it.link("old", "legacy"), it.link("other", "legacy")];
  it.local("general", "ann");
  it.active(old, "general", "leo");
  for (const link of [ours, other]) taken(link);
  it.refreshed.length = 0;
  it.reducer.down(old);
  it.flush();
  assert.deepEqual(taken(ours), ["state self general: ann"]);
  assert.deepEqual(taken(other), ["active general: ann"]);
  assert.deepEqual([it.remote("general"), it.refreshed], [[], ["general"]]);
  assert.equal(it.reducer.activeRooms, 0);
});

Deno.test("somebody at two relays is one, and where they have told it themselves counts before hearsay", () => {
  const it = new TestingReducer();
  const [b, c, old] = [it.link("b"), it.link("c"), it.link("old", "legacy")];
  const hearsay = member("zoe", { relay_label: "Somewhere", via: FAR });
  it.state(b, b.relay, "general", [hearsay]);
  assert.deepEqual(it.remote("general"), ["zoe@Somewhere"]);
  it.active(old, "general", "zoe");
  assert.deepEqual(it.remote("general"), ["zoe@old"]);
  it.state(c, c.relay, "general", ["zoe"]);
  assert.deepEqual(it.remote("general"), ["zoe@c"]);
});

Deno.test("who went with a link to an original is held back like who left it", () => {
  const it = new TestingReducer();
  const [old, other, third] = ["old", "other", "third"].map((name) => it.link(name, "legacy"));
  it.active(other!, "general", "leo@old");
  it.active(old!, "general", "leo");
  taken(third!);
  it.reducer.down(old!);
  it.flush();
  assert.deepEqual(taken(third!), ["inactive general"]);
  it.run(4_000);
  assert.deepEqual(taken(third!), ["active general: leo@old"]);
});

Deno.test("originals hear it when a relay behind others gets another name", () => {
  const it = new TestingReducer();
  const [ours, old] = [it.link("b"), it.link("old", "legacy")];
  it.ways.set(FAR, ours);
  it.names.set(FAR, "Far");
  it.state(ours, FAR, "general", ["zoe"]);
  it.names.set(FAR, "Farther");
  it.reducer.meshChanged();
  it.flush();
  assert.deepEqual(taken(old), ["active general: zoe@Far", "active general: zoe@Farther"]);
});
