import assert from "node:assert/strict";
import { wireRelay } from "../relay_key.ts";
import { MAX_SEQ } from "./limits.ts";
import { member, relayNamed, SELF, taken, TestingReducer } from "./testing_reducer.ts";

const FAR = relayNamed("far");
const DAY = 24 * 3_600_000;
const far = `state ${wireRelay(FAR).slice(0, 5)}`;

Deno.test("every change of a room is told, whole, and nothing when nothing changed", () => {
  const it = new TestingReducer();
  const b = it.link("b");
  for (const people of [["ann"], ["ann", "bob"], ["ann", "bob"], ["bob"], [], []]) {
    it.local("general", ...people);
  }
  const seqs = b.sent.map((message) => message.type === "RoomState" ? message.seq : 0);
  assert.deepEqual(seqs, [...new Set(seqs)].sort((x, y) => x - y));
  assert.deepEqual(taken(b), [
    "state self general: ann",
    "state self general: ann bob",
    "state self general: bob",
    "state self general: ",
  ]);
});

Deno.test("a new neighbour gets everything, and what it tells goes to all others, not back", () => {
  const it = new TestingReducer();
  it.local("general", "ann");
  const [b, c] = [it.link("b"), it.link("c")];
  assert.deepEqual([taken(b), taken(c)], [["state self general: ann"], [
    "state self general: ann",
  ]]);
  it.ways.set(FAR, c);
  const seq = it.state(c, FAR, "general", ["zoe"]);
  assert.deepEqual([taken(b), taken(c)], [[`${far} general: zoe`], []]);
  const d = it.link("d");
  assert.deepEqual(taken(d), ["state self general: ann", `${far} general: zoe`]);
  it.state(d, FAR, "general", ["zoe"], { seq });
  for (const link of [b, c, d]) assert.deepEqual(taken(link), []);
});

Deno.test("what two neighbours tell at the same time goes to neither of them", () => {
  const it = new TestingReducer();
  const [b, c, d] = [it.link("b"), it.link("c"), it.link("d")];
  it.ways.set(FAR, c);
  const message = {
    type: "RoomState",
    relay: wireRelay(FAR),
    label: "",
    seq: 1,
    room: "general",
    members: [member("zoe")],
  } as const;
  for (const link of [b, c]) it.reducer.roomState(link, message);
  it.flush();
  assert.deepEqual([taken(b), taken(c), taken(d)], [[], [], [`${far} general: zoe`]]);
});

Deno.test("an older state is answered with the newer one, unless it only came late", () => {
  const it = new TestingReducer();
  const [b, c] = [it.link("b"), it.link("c")];
  it.ways.set(FAR, c);
  const seq = it.state(c, FAR, "general", ["zoe"]);
  taken(b);
  it.state(b, FAR, "general", ["old"], { seq: seq - 1 });
  it.state(c, FAR, "general", ["old"], { seq: seq - 1 });
  assert.deepEqual([taken(b), taken(c)], [[`${far} general: zoe`], []]);
  assert.deepEqual(it.remote("general"), [`zoe@${FAR.slice(0, 8)}`]);
});

Deno.test("what is left of an earlier life of this relay is overruled", () => {
  const it = new TestingReducer();
  const b = it.link("b");
  const wall = it.clock.wall();
  it.local("general", "ann");
  const [first] = b.sent.splice(0);
  assert.ok(first?.type === "RoomState" && first.seq >= wall);
  it.state(b, SELF, "general", ["ghost"], { seq: wall + 1e7 });
  const [second] = b.sent.splice(0);
  assert.ok(second?.type === "RoomState" && second.seq > wall + 1e7);
  assert.deepEqual(second.members, [member("ann")]);
  it.state(b, SELF, "general", ["ghost"], { seq: wall });
  assert.deepEqual(taken(b), ["state self general: ann"], "it has an older one");
  // Of a room in which nobody is any more, and of one that is not shared now.
  for (const room of ["general", "other"]) {
    it.local("general");
    taken(b);
    it.state(b, SELF, room, ["ghost"], { seq: wall + 2e7 });
    it.state(b, SELF, room, [], { seq: wall + 3e7 });
    it.state(b, SELF, room, ["ghost"], { seq: wall + 1 });
    assert.ok(taken(b).every((text) => text === `state self ${room}: `));
  }
  assert.deepEqual(it.remote("general"), []);
});

Deno.test("who is told that it has nobody in a room confirms that to the one who said it, under its number", () => {
  const it = new TestingReducer();
  const [b, c] = [it.link("b"), it.link("c")];
  const seq = it.clock.wall() + 1_000;
  // Without a word of it in this life, also of a room that is not shared now.
  for (const room of ["general", "other"]) {
    it.state(b, SELF, room, [], { seq });
    const [message, ...more] = b.sent.splice(0);
    assert.ok(message?.type === "RoomState" && message.relay === wireRelay(SELF));
    assert.deepEqual([message.room, message.seq, message.members], [room, seq, []]);
    it.state(b, SELF, room, ["ghost"], { seq: seq + 1 });
    const [answer] = b.sent.splice(0);
    assert.ok(answer?.type === "RoomState" && answer.seq > seq + 1, "what is wrong is overruled");
    assert.deepEqual([answer.members, more, c.sent], [[], [], []]);
  }
  it.local("general", "ann");
  const [next] = b.sent.splice(0);
  assert.ok(next?.type === "RoomState" && next.seq > seq);
  it.state(b, SELF, "general", [], { seq: next.seq });
  assert.deepEqual(taken(b), [], "it has that from here already");
});

Deno.test("people of a neighbour's earlier life go when it confirms what others say: that nobody is there", () => {
  const it = new TestingReducer();
  const [b, c] = [it.link("b"), it.link("c")];
  it.state(b, b.relay, "general", ["ghost"]);
  it.reducer.down(b);
  const anew = it.link("b");
  taken(anew);
  const seq = it.state(c, b.relay, "general", []);
  assert.deepEqual(it.remote("general"), ["ghost@b"], "it may have said otherwise meanwhile");
  assert.deepEqual(taken(anew), [`state ${wireRelay(b.relay).slice(0, 5)} general: `]);
  it.state(anew, b.relay, "general", [], { seq });
  assert.deepEqual(it.remote("general"), []);
  assert.deepEqual(taken(anew), []);
});

Deno.test("nobody can give a room of another relay a number that it cannot go above", () => {
  const it = new TestingReducer();
  const [b, bad] = [it.link("b"), it.link("bad")];
  it.ways.set(FAR, b);
  it.state(b, FAR, "general", ["zoe"], { seq: it.clock.wall() });
  it.state(bad, FAR, "general", [], { seq: MAX_SEQ });
  it.state(bad, FAR, "general", [], { seq: it.clock.wall() + DAY + 1 });
  assert.deepEqual(it.remote("general"), [`zoe@${FAR.slice(0, 8)}`]);
  // Nor one of this relay, so that it stays where others follow.
  it.local("general", "ann");
  for (const seq of [MAX_SEQ, it.clock.wall() + 2 * DAY]) {
    it.state(bad, SELF, "general", [], { seq });
  }
  b.sent.splice(0);
  it.local("general", "ann", "amy");
  const [next] = b.sent.splice(0);
  assert.ok(next?.type === "RoomState" && next.seq < it.clock.wall() + DAY);
  assert.equal(it.ignored.filter((reason) => reason === "malformed").length, 4);
});

Deno.test("a neighbour speaks for itself: what others say is told to it, and counts when its link is gone", () => {
  const it = new TestingReducer();
  const [b, c] = [it.link("b"), it.link("c")];
  it.ways.set(b.relay, c);
  const wall = it.clock.wall();
  it.state(b, b.relay, "general", ["bob"], { seq: wall });
  taken(b);
  it.state(c, b.relay, "general", ["ghost"], { seq: wall + 5 });
  assert.deepEqual(it.remote("general"), ["bob@b"]);
  const told = b.sent.splice(0).filter((message) => message.type === "RoomState");
  assert.deepEqual(told.map(({ seq, members }) => [seq, members.length]), [[wall + 5, 1]]);
  // It goes above that, and nothing is left of it.
  it.state(b, b.relay, "general", ["bob"], { seq: wall + 6 });
  it.reducer.down(b);
  it.flush();
  assert.deepEqual(it.remote("general"), ["bob@b"]);
  const again = it.link("b");
  it.state(c, b.relay, "general", ["bob", "ben"], { seq: wall + 7 });
  assert.deepEqual(it.remote("general"), ["bob@b"]);
  it.reducer.down(again);
  it.flush();
  const unnamed = b.relay.slice(0, 8);
  assert.deepEqual(it.remote("general"), [`bob@${unnamed}`, `ben@${unnamed}`]);
});

Deno.test("a neighbour whose clock was set back is believed, and told the number it had", () => {
  const it = new TestingReducer();
  const b = it.link("b");
  const wall = it.clock.wall();
  it.state(b, b.relay, "general", ["bob"], { seq: wall + 1_000 });
  it.reducer.down(b);
  const again = it.link("b");
  taken(again);
  it.state(again, again.relay, "general", ["ben"], { seq: 7 });
  assert.deepEqual(it.remote("general"), ["ben@b"]);
  // Over one connection numbers only grow.
  it.state(again, again.relay, "general", [], { seq: 6 });
  assert.deepEqual(it.remote("general"), ["ben@b"]);
});

Deno.test("an older list does not come back after a room became empty, nor after its relay was long away", () => {
  const it = new TestingReducer();
  const [b, c] = [it.link("b"), it.link("c")];
  it.ways.set(FAR, c);
  it.state(c, FAR, "general", ["zoe"], { seq: 10 });
  it.state(c, FAR, "general", [], { seq: 11 });
  it.run(100_000);
  it.state(b, FAR, "general", ["zoe"], { seq: 10 });
  assert.deepEqual(it.remote("general"), []);
  it.state(c, FAR, "general", ["zoe"], { seq: 12 });
  it.ways.delete(FAR);
  it.reducer.meshChanged();
  it.run(30_000);
  it.ways.set(FAR, c);
  it.reducer.meshChanged();
  it.flush();
  assert.equal(it.remote("general").length, 1, "it was away for a moment");
  it.ways.delete(FAR);
  it.reducer.meshChanged();
  it.run(61_000);
  it.ways.set(FAR, c);
  it.reducer.meshChanged();
  it.flush();
  assert.equal(it.remote("general").length, 0, "it was away for long");
});

Deno.test("the people of a relay are gone at once when it is out of reach, and clients are told", () => {
  const it = new TestingReducer();
  const [b, old] = [it.link("b"), it.link("old", "legacy")];
  it.ways.set(FAR, b);
  it.state(b, FAR, "general", ["zoe"]);
  it.state(b, b.relay, "general", ["bob"]);
  assert.deepEqual(it.remote("general").length, 2);
  assert.equal(it.reducer.activeRooms, 2);
  taken(old);
  it.refreshed.length = 0;
  it.ways.delete(FAR);
  it.reducer.down(b);
  it.flush();
  assert.deepEqual(it.remote("general"), []);
  assert.deepEqual([it.refreshed, taken(old)], [["general"], ["inactive general"]]);
  assert.equal(it.reducer.activeRooms, 0);
});

Deno.test("people go by the label configured here, else their relay's name, else what its neighbour calls it", () => {
  const it = new TestingReducer();
  const b = it.link("b");
  it.ways.set(FAR, b);
  it.state(b, FAR, "general", ["zoe"], { label: "B calls it" });
  assert.deepEqual(it.remote("general"), ["zoe@B calls it"]);
  it.state(b, FAR, "general", ["zoe"], { label: "" });
  assert.deepEqual(it.remote("general"), [`zoe@${FAR.slice(0, 8)}`]);
  it.reducer.configure(["general"], null, new Map([[FAR, "Far"]]));
  it.flush();
  assert.deepEqual(it.remote("general"), ["zoe@Far"]);
  it.state(b, b.relay, "general", ["bob"], { label: "Bee" });
  assert.deepEqual(it.remote("general").sort(), ["bob@b", "zoe@Far"]);
});

Deno.test("who has no name gets that of the first neighbour on the way, and who has keeps it", () => {
  const it = new TestingReducer();
  const [b, c] = [it.link("b"), it.link("c")];
  for (const [label, passedOn] of [["", "b"], ["Bee", "Bee"], ["a|b\u0007\n", "a|b  "]]) {
    it.state(b, b.relay, "general", ["bob"], { label: label! });
    const [message] = c.sent.splice(0);
    assert.ok(message?.type === "RoomState");
    assert.equal(message.label, passedOn);
  }
});

Deno.test("a state whose relay, room or number cannot be is ignored and counted", () => {
  const it = new TestingReducer();
  const [b, c, old] = [it.link("b"), it.link("c"), it.link("old", "legacy")];
  it.state(b, FAR, "general", ["x"], { relay: "nobody" });
  it.state(b, FAR, "general", ["x"], { seq: it.clock.wall() + 24 * 3_600_000 + 1 });
  it.state(b, FAR, "", ["x"]);
  it.state(b, FAR, "x".repeat(254), ["x"]);
  it.state(b, FAR, "call-UPPER", ["x"]);
  assert.deepEqual(it.ignored.splice(0), new Array(5).fill("malformed"));
  it.state(old, old.relay, "general", ["x"]);
  it.active(c, "general", "x");
  it.inactive(c, "general");
  assert.deepEqual(it.ignored, ["unexpected", "unexpected", "unexpected"]);
  assert.deepEqual(it.remote("general"), []);
});
