import assert from "node:assert/strict";
import { encodeFrame } from "../../proto/signal/mod.ts";
import { HeldBack } from "./held_back.ts";
import { MAX_ASIDE_PER_LINK, MAX_HELD, MAX_LISTED, MAX_LISTS_PER_LINK } from "./limits.ts";
import { MAX_PEOPLE_PER_LINK } from "./limits.ts";
import { readMembers } from "./people.ts";
import { PlainLink } from "./plain_link.ts";
import { RoomStates, type StateEntry } from "./room_states.ts";
import { member, relayNamed, taken, TestingReducer } from "./testing_reducer.ts";

const FAR = relayNamed("far");
const crowd = (size: number) => Array.from({ length: size }, (_, i) => `p${i}`);

Deno.test("a list has at most 1,000 people, none twice, and none with a fingerprint that cannot be", () => {
  const it = new TestingReducer();
  const [b, old] = [it.link("b"), it.link("old", "legacy")];
  it.state(b, b.relay, "general", crowd(5_000));
  assert.equal(it.remote("general").length, MAX_LISTED);
  it.active(old, "general", ...crowd(5_000).map((name) => `${name}-old`));
  assert.equal(it.remote("general").length, MAX_LISTED);
  assert.equal(it.reducer.routing.byName("general")!.announced.get(old.relay), MAX_LISTED);
  const strange = ["", " ", "x".repeat(129), "\u00e9", "a\nb", "ok", "ok", "x|y"];
  it.inactive(old, "general");
  it.state(b, b.relay, "general", strange);
  assert.deepEqual(it.remote("general"), ["ok@b", "x|y@b"]);
});

Deno.test("the longest texts there can be still fit into every message, and clients' list", () => {
  const worst = Array.from({ length: 2_000 }, (_, i) => ({
    fingerprint: String(i).padEnd(128, '"'),
    alias: "\u0001".repeat(500),
    relay_label: "\u0001".repeat(100) + "\uffff".repeat(100),
    via: FAR,
  }));
  const it = new TestingReducer(["general"], "\uffff".repeat(500));
  const [b, c] = [it.link("b"), it.link("c")];
  const [old, other] = [it.link("old", "legacy"), it.link("other", "legacy")];
  it.state(b, b.relay, "general", worst, { label: "\uffff".repeat(500) });
  const participants = worst.map(({ via: _, ...rest }) => rest);
  it.reducer.active(old, { type: "GlobalRoomActive", room: "general", participants });
  it.flush();
  assert.equal(it.remote("general").length, MAX_LISTED);
  const messages = [b, c, old, other].flatMap((link) => link.sent);
  assert.ok(messages.some(({ type }) => type === "RoomState"));
  assert.ok(messages.some(({ type }) => type === "GlobalRoomActive"));
  const list = [...it.reducer.remote("general")];
  const update = { type: "RoomUpdate", count: list.length, participants: list } as const;
  for (const message of [...messages, update]) encodeFrame(message);
});

Deno.test("what is text stays text, whatever it holds", () => {
  const it = new TestingReducer();
  const [b, old] = [it.link("b"), it.link("old", "legacy")];
  const alias = 'a|b\u0000\n"<script>';
  it.state(b, b.relay, "general", [member("x", { alias, relay_label: "r|\u001b[31m" })]);
  assert.deepEqual(it.reducer.remote("general"), [
    { fingerprint: "x", alias, relay_label: "r| [31m" },
  ]);
  assert.deepEqual(taken(old), ["active general: x@r| [31m"]);
  const proto = ["__proto__", "constructor", "toString"];
  it.state(b, b.relay, "general", proto);
  assert.deepEqual(it.remote("general"), proto.map((name) => `${name}@b`));
});

Deno.test("a relay that floods announcements gets its share of memory and no more", () => {
  const it = new TestingReducer(["general", "podcast"]);
  const [b, c] = [it.link("b"), it.link("c")];
  it.state(c, c.relay, "general", ["cat"]);
  for (let i = 0; i < 200; i++) {
    const made = relayNamed(`made up ${i}`);
    it.ways.set(made, b);
    it.state(b, made, "general", crowd(1_000).map((name) => `${name}-${i}`));
    it.state(b, made, `room-${i}`, crowd(1_000));
    it.state(b, made, `call-${i}`, crowd(1_000));
  }
  const counted = it.reducer.routing.byName("general")!.announced;
  const people = [...counted.values()].reduce((sum, count) => sum + count, 0);
  assert.ok(people <= MAX_PEOPLE_PER_LINK + 1, `${people} people`);
  assert.ok(it.ignored.filter((reason) => reason === "over_limit").length > 100);
  it.state(c, c.relay, "general", ["cat", "cow"]);
  assert.equal(counted.get(c.relay), 1);
  assert.equal(it.reducer.routing.byName("general")!.announced.get(c.relay), 2);
});

Deno.test("a list that outgrows the share of its link is gone, not kept as it was", () => {
  const it = new TestingReducer();
  const b = it.link("b");
  const tell = (name: string, size: number) => {
    it.ways.set(relayNamed(name), b);
    it.state(b, relayNamed(name), "general", crowd(size).map((person) => `${person}-${name}`));
  };
  tell("first", 900);
  tell("small", 100);
  for (let i = 1; i < MAX_PEOPLE_PER_LINK / 1_000; i++) tell(`${i}`, 1_000);
  assert.deepEqual(it.ignored, []);
  tell("first", 1_000);
  assert.deepEqual(it.ignored, ["over_limit"]);
  const { announced } = it.reducer.routing.byName("general")!;
  assert.equal(announced.get(relayNamed("first")), undefined);
  assert.equal(announced.get(relayNamed("small")), 100);
});

Deno.test("the share of a link ends at so many lists and people, and is given back", () => {
  const states = new RoomStates();
  const entry = (room: string, relay: string, size: number, aside = false): StateEntry => ({
    relay,
    room,
    announced: room,
    label: "",
    seq: 1,
    members: readMembers(crowd(size).map((name) => member(name))),
    from: null,
    also: null,
    teller: "b",
    aside,
    shown: false,
    shownSince: 0,
    toldAt: 0,
  });
  for (let i = 0; i < MAX_LISTS_PER_LINK; i++) assert.ok(states.put(entry("r", `${i}`, 0)));
  assert.equal(states.put(entry("r", "one more", 0)), false);
  assert.ok(states.put({ ...entry("r", "one more", 0), teller: "c" }), "of another link");
  assert.ok(states.put(entry("r", "7", 1)), "in the place of another");
  for (const each of [...states.all()]) states.remove(each);
  for (let i = 0; i < MAX_PEOPLE_PER_LINK / 1_000; i++) {
    assert.ok(states.put(entry("r", `${i}`, 1_000)));
  }
  assert.equal(states.put(entry("r", "one more", 1)), false);
  for (const each of [...states.all()]) states.remove(each);
  for (let i = 0; i < 2 * MAX_ASIDE_PER_LINK; i++) {
    assert.ok(states.put(entry(`${i}`, "x", 1, true)));
  }
  const kept = [...states.all()].map(({ room }) => Number(room));
  assert.equal(kept.length, MAX_ASIDE_PER_LINK);
  assert.equal(Math.min(...kept), MAX_ASIDE_PER_LINK, "the oldest went");
});

Deno.test("a link without rooms gets its share too", () => {
  const link = new TestingReducer().link("old", "legacy");
  const plain = new PlainLink(link);
  const list = crowd(1_000).map((name) => member(name));
  let taken = 0;
  for (let i = 0; i < 100; i++) if (plain.announce(`${i}`, `${i}`, list, 0, false)) taken += 1;
  assert.equal(taken, MAX_PEOPLE_PER_LINK / 1_000);
  plain.withdraw("3", "3");
  assert.ok(plain.announce("x", "x", list, 0, false));
  const other = new PlainLink(link);
  for (let i = 0; i < 1_000; i++) other.announce(`${i}`, `${i}`, list.slice(0, 1), 0, true);
  assert.equal(other.rooms().length, MAX_ASIDE_PER_LINK);
});

Deno.test("only so many fingerprints are held back", () => {
  const held = new HeldBack();
  for (let i = 0; i < 10; i++) held.hold(crowd(1_000).map((name) => `${name}-${i}`), i);
  assert.equal(held.size, MAX_HELD);
  assert.ok(held.holds("p5-0", 2_999) && !held.holds("p5-0", 3_000));
  assert.equal(held.expire(3_000), true);
  assert.equal(held.size, MAX_HELD - 1_000);
});

Deno.test("names that come and go as fast as a link can send are held back only so many at a time", () => {
  const it = new TestingReducer();
  const [old, other] = [it.link("old", "legacy"), it.link("other", "legacy")];
  for (let i = 0; i < 100; i++) it.active(old, "general", ...crowd(1_000).map((n) => `${n}-${i}`));
  it.inactive(old, "general");
  it.run(10_000);
  taken(other);
  it.active(old, "general", "leo");
  assert.deepEqual(taken(other), ["active general: leo@old"]);
});
