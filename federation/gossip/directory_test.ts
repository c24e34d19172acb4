import assert from "node:assert/strict";
import { encodeSignal, type SignalOf } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { looseLink, type TestingLink } from "../testing_mesh_link.ts";
import { MAX_NAMES } from "./name_index.ts";
import { wireRelay } from "../relay_key.ts";
import { GossipNode } from "./testing_gossip.ts";

type Update = SignalOf<"DirectoryUpdate">;

const key = (n: number) => n.toString(16).padStart(64, "0");
const SELF = key(0);
const A = key(1);
const B = key(2);
const FAR = key(3);

/** A relay with two neighbours, behind the first of which is a third. */
function start(most = 1_000) {
  const clock = new ManualClock();
  const node = new GossipNode(SELF, clock);
  node.maxDirectoryEntries = most;
  const [a, b] = [looseLink(A), looseLink(B)];
  node.up(a);
  node.up(b);
  stateOf(node, a, A, [SELF, FAR]);
  stateOf(node, b, B, [SELF]);
  stateOf(node, a, FAR, [A]);
  const first = [updates(a), updates(b)];
  return { clock, node, mesh: node.gossip.mesh, a, b, first };
}

function stateOf(node: GossipNode, from: TestingLink, relay: string, links: readonly string[]) {
  node.signal(from, {
    type: "RelayState",
    relay: wireRelay(relay),
    label: "",
    region: null,
    addr: "192.0.2.1:1",
    build: "",
    load: 0,
    draining: false,
    udp_port: null,
    seq: node.clock.wall(),
    links: links.map((it) => ({
      relay: wireRelay(it),
      rtt_ms: null,
      loss_pct: null,
      legacy: false,
    })),
  });
}

function update(relay: string, seq: number, more: Partial<Update> = {}): Update {
  return {
    type: "DirectoryUpdate",
    relay: wireRelay(relay),
    seq,
    full: false,
    add: [],
    remove: [],
    ...more,
  };
}

const full = (relay: string, seq: number, add: string[]) => update(relay, seq, { full: true, add });

function updates(link: TestingLink): Update[] {
  return link.sent.splice(0).filter((message) => message.type === "DirectoryUpdate");
}

function namesOf({ mesh }: Pick<ReturnType<typeof start>, "mesh">, relay: string): string[] {
  return [...mesh.entries()].filter((it) => it.relay === relay).map((it) => it.fingerprint);
}

function many(count: number, length = 39): string[] {
  return Array.from({ length: count }, (_, n) => n.toString().padStart(length, "x"));
}

Deno.test("a link that comes up is told the own list, and the numbers of all others", () => {
  const it = start();
  const own = it.clock.wall();
  assert.deepEqual(it.first[0]?.[0], full(SELF, own, []));
  it.node.presence.enter("me");
  it.clock.advance(200);
  it.node.signal(it.a, full(FAR, 7, ["x"]));
  const late = looseLink(key(9));
  it.node.up(late);
  const expected = [full(SELF, own + 1, ["me"]), update(FAR, 7)];
  assert.deepEqual(updates(late), expected);
  it.node.renewed(late);
  assert.deepEqual(updates(late), expected);
  it.node.signal(it.a, full(A, 3, ["y"]));
  updates(it.a);
  it.node.renewed(it.a);
  assert.deepEqual(updates(it.a), expected, "A knows of itself");
});

Deno.test("changes of 200 ms go together, under one number, and what cancels out is not told", () => {
  const { clock, node, a } = start();
  const seq = clock.wall();
  for (const name of ["p", "q", "r"]) node.presence.enter(name);
  node.presence.leave("q");
  clock.advance(200);
  assert.deepEqual(updates(a), [update(SELF, seq + 1, { add: ["p", "r"] })]);
  node.presence.leave("p");
  node.presence.enter("p");
  clock.advance(200);
  assert.deepEqual(updates(a), []);
  node.presence.leave("p");
  node.presence.enter("s");
  clock.advance(200);
  assert.deepEqual(updates(a), [update(SELF, seq + 2, { add: ["s"], remove: ["p"] })]);
});

Deno.test("who is registered before the start is told too", () => {
  const clock = new ManualClock();
  const node = new GossipNode(SELF, clock);
  node.gossip.stop();
  node.presence.enter("early");
  node.gossip.start();
  clock.advance(200);
  const a = looseLink(A);
  node.up(a);
  assert.deepEqual(updates(a)[0]?.add, ["early"]);
  node.gossip.stop();
  node.presence.leave("early");
  clock.advance(1_000);
  assert.deepEqual(updates(a), []);
});

Deno.test("a neighbour names its own users; others are asked when the link with it is gone", () => {
  const it = start();
  it.node.signal(it.b, full(B, 5, ["x"]));
  updates(it.a);
  updates(it.b);
  it.node.signal(it.a, full(B, 7, ["stolen"]));
  it.node.signal(it.a, update(B, 6, { add: ["stolen"] }));
  assert.deepEqual(namesOf(it, B), ["x"]);
  // It goes above that when it hears of it.
  assert.deepEqual(updates(it.b), [update(B, 7), update(B, 6)]);
  assert.deepEqual(updates(it.a), []);
  it.node.down(it.b);
  assert.deepEqual(updates(it.a), [update(B, 5)]);
  it.node.signal(it.a, full(B, 8, ["x", "y"]));
  it.node.up(looseLink(B));
  assert.deepEqual(namesOf(it, B), ["x", "y"]);
});

Deno.test("a list and its changes are applied in order and passed on, with what came twice left out", () => {
  const it = start();
  const list = full(FAR, 5, ["x", "y"]);
  it.node.signal(it.a, list);
  const change = update(FAR, 6, { add: ["z"], remove: ["x"] });
  it.node.signal(it.a, change);
  it.node.signal(it.b, change);
  it.node.signal(it.b, list);
  assert.deepEqual(namesOf(it, FAR), ["y", "z"]);
  assert.deepEqual(updates(it.b).slice(0, 2), [list, change]);
  it.node.signal(it.a, full(FAR, 9, ["z", "w"]));
  assert.deepEqual(namesOf(it, FAR), ["z", "w"]);
  assert.equal(it.mesh.relayOf("y"), null);
  assert.equal(it.mesh.relayOf("w"), FAR);
});

Deno.test("after a gap nothing is applied, and the whole list is asked for", () => {
  const it = start();
  it.node.signal(it.a, update(FAR, 6, { add: ["z"] }));
  assert.deepEqual([namesOf(it, FAR), updates(it.a)], [[], [update(FAR, 0)]]);
  it.node.signal(it.a, full(FAR, 6, ["z"]));
  it.node.signal(it.a, update(FAR, 8, { remove: ["z"] }));
  assert.deepEqual([namesOf(it, FAR), updates(it.a)], [["z"], [update(FAR, 6)]]);
});

Deno.test("numbers show who is behind: a lower one gets the list, a higher one is answered with ours", () => {
  const it = start();
  it.node.signal(it.a, full(FAR, 6, ["z"]));
  updates(it.b);
  it.node.signal(it.b, update(FAR, 6));
  assert.deepEqual(updates(it.b), []);
  it.node.signal(it.b, update(FAR, 5));
  assert.deepEqual(updates(it.b), [full(FAR, 6, ["z"])]);
  it.node.signal(it.b, update(FAR, 7));
  assert.deepEqual(updates(it.b), [update(FAR, 6)]);
  it.node.signal(it.b, full(FAR, 4, []));
  assert.deepEqual(updates(it.b), [update(FAR, 6)], "so that it can ask for the newer one");
  it.clock.advance(30_000);
  const own = it.first[0]![0]!.seq;
  for (const link of [it.a, it.b]) {
    assert.deepEqual(updates(link), [update(SELF, own), update(FAR, 6)]);
  }
  it.node.signal(it.a, update(SELF, own - 1));
  assert.deepEqual(updates(it.a), [full(SELF, own, [])]);
});

Deno.test("who asks for a list again and again gets it now and then", () => {
  const it = start();
  it.node.signal(it.a, full(FAR, 6, many(500)));
  updates(it.b);
  for (let n = 0; n < 1_000; n++) {
    it.node.signal(it.b, update(FAR, 0));
    it.clock.advance(10);
  }
  const lists = updates(it.b).filter((message) => message.full).length;
  assert.ok(lists >= 10 && lists <= 15, `${lists} lists in 10 s`);
});

Deno.test("a long list is passed on by its number, for whoever has not got it", () => {
  const it = start();
  const list = full(FAR, 6, many(65));
  it.node.signal(it.a, list);
  assert.deepEqual(updates(it.b), [update(FAR, 6)]);
  it.node.signal(it.b, update(FAR, 0));
  assert.deepEqual(updates(it.b), [list]);
});

Deno.test("a relay that knows a higher number of this one's list gets one above it, and everybody else", () => {
  const it = start();
  it.node.presence.enter("me");
  it.clock.advance(200);
  updates(it.a);
  updates(it.b);
  const seq = it.clock.wall() + 3_600_000;
  it.node.signal(it.a, update(SELF, seq));
  it.clock.advance(200);
  for (const link of [it.a, it.b]) assert.deepEqual(updates(link), [full(SELF, seq + 1, ["me"])]);
  it.node.signal(it.b, update(SELF, seq + 1, { add: ["echo"] }));
  it.node.signal(it.b, update(SELF, it.clock.wall() + 3 * 24 * 3_600_000));
  it.clock.advance(200);
  assert.deepEqual([updates(it.a), updates(it.b)], [[], []]);
});

Deno.test("a list goes with the state of its relay, and is hidden while that is not reachable", () => {
  const it = start();
  it.node.signal(it.a, full(FAR, 6, ["z"]));
  assert.equal(it.mesh.relayOf("z"), FAR);
  it.node.down(it.a);
  assert.deepEqual([it.mesh.relayOf("z"), namesOf(it, FAR), it.mesh.find("z")], [null, [], null]);
  it.node.up(it.a);
  stateOf(it.node, it.a, A, [SELF, FAR]);
  assert.equal(it.mesh.relayOf("z"), FAR);
  it.clock.advance(60_200);
  it.clock.advance(1);
  stateOf(it.node, it.a, A, [SELF, FAR]);
  stateOf(it.node, it.a, FAR, [A]);
  assert.deepEqual([it.mesh.reachable(FAR), it.mesh.relayOf("z")], [true, null]);
  assert.ok(updates(it.a).some(({ relay, seq }) => relay === wireRelay(FAR) && seq === 0), "asks");
  it.node.signal(it.a, full(key(7), 6, ["of nobody known"]));
  it.node.signal(it.a, { ...full(A, 6, ["of nobody"]), relay: "A" });
  assert.deepEqual([...it.mesh.entries()], []);
});

Deno.test("of several relays that name somebody the one that began last counts", () => {
  const it = start();
  it.node.signal(it.a, full(FAR, 6, ["p"]));
  it.node.signal(it.a, full(A, 6, ["p"]));
  it.node.signal(it.a, full(FAR, 7, ["p", "q"]));
  assert.deepEqual(it.mesh.relaysOf("p"), [A, FAR]);
  it.node.signal(it.a, update(A, 7, { remove: ["p"] }));
  assert.deepEqual(it.mesh.relaysOf("p"), [FAR]);
});

Deno.test("names are fingerprints, and no more of them are kept than there may be", () => {
  const it = start(3);
  it.node.signal(it.a, full(FAR, 6, ["", "a b", "\u00e4", "x".repeat(129), "p", "p", "q"]));
  assert.deepEqual(namesOf(it, FAR), ["p", "q"]);
  it.node.signal(it.a, update(FAR, 7, { add: ["r", "s", "t"] }));
  it.node.signal(it.a, update(FAR, 8, { remove: ["p", "nobody"] }));
  assert.deepEqual(namesOf(it, FAR), ["q", "r"]);
  it.node.signal(it.a, update(FAR, 9, { add: ["u"] }));
  assert.deepEqual(namesOf(it, FAR), ["q", "r", "u"]);
});

Deno.test("the own list is no longer than that, and whoever had no room follows when there is", () => {
  const { clock, node, a } = start(2);
  for (const name of ["p", "q", "r", "s"]) node.presence.enter(name);
  clock.advance(200);
  assert.deepEqual(updates(a).map(({ add }) => add), [["p", "q"]]);
  node.presence.leave("p");
  clock.advance(200);
  assert.deepEqual(updates(a).map(({ add, remove }) => [add, remove]), [[["r"], ["p"]]]);
  node.presence.leave("s");
  clock.advance(200);
  assert.deepEqual(updates(a), []);
});

Deno.test("lists and changes fit their messages, however many names of whatever length", () => {
  const { clock, node, a, mesh } = start(100_000);
  const own = many(30_000, 60).map((name) => `"${name}\\`);
  for (const name of own) node.presence.enter(name);
  clock.advance(200);
  const [list] = updates(a);
  assert.ok(list!.full && list!.add.length > 10_000 && list!.add.length < own.length);
  assert.ok(encodeSignal(list!).length > 900_000);
  for (const name of own) node.presence.leave(name);
  clock.advance(200);
  assert.deepEqual(updates(a).map(({ full, add }) => [full, add]), [[true, []]]);
  // Changes alone must not make the list of another too long to be told.
  node.signal(a, full(FAR, 1, []));
  for (let part = 0; part < 40; part++) {
    const add = many(1_000, 100).map((name) => `${part}-${name}`);
    clock.advance(200);
    node.signal(a, update(FAR, 2 + part, { add }));
  }
  const late = looseLink(key(9));
  node.up(late);
  node.signal(late, update(FAR, 0));
  const told = updates(late).at(-1)!;
  assert.ok(told.full && told.add.length > 8_000);
  assert.ok(encodeSignal(told).length <= 1_048_576);
  assert.equal([...mesh.entries()].length, told.add.length);
});

Deno.test("what comes too fast, or with a number from the far future, is not taken", () => {
  const it = start();
  it.node.signal(it.a, full(FAR, it.clock.wall() + 24 * 3_600_000 + 1, ["future"]));
  it.node.signal(it.a, update(FAR, it.clock.wall() + 24 * 3_600_000 + 1));
  assert.deepEqual([namesOf(it, FAR), updates(it.a)], [[], []]);
  for (let seq = 1; seq <= 1_000; seq++) {
    it.clock.advance(10);
    it.node.signal(it.a, full(FAR, seq, [`at-${seq}`]));
  }
  const passed = updates(it.b).filter(({ relay }) => relay === wireRelay(FAR)).length;
  assert.ok(passed >= 100 && passed <= 160, `${passed} in 10 s`);
});

Deno.test("the list of a relay goes when another needs its place", () => {
  const it = start();
  it.node.signal(it.a, full(FAR, 1, ["z"]));
  it.clock.advance(1);
  stateOf(it.node, it.a, A, [SELF]);
  for (let n = 0; n < 300; n++) stateOf(it.node, it.a, key(1_000 + n), []);
  it.clock.advance(1);
  stateOf(it.node, it.a, A, [SELF, FAR]);
  stateOf(it.node, it.a, FAR, [A]);
  assert.deepEqual([it.mesh.reachable(FAR), it.mesh.relayOf("z")], [true, null]);
});

Deno.test("all lists together are bounded", () => {
  const it = start(20_000);
  const relays = Array.from({ length: 15 }, (_, n) => key(100 + n));
  stateOf(it.node, it.a, B, []);
  for (const [n, relay] of relays.entries()) {
    it.clock.advance(1);
    stateOf(it.node, it.a, relay, []);
    it.node.signal(it.a, full(relay, 1, many(20_000, 12).map((name) => `${n}${name}`)));
  }
  const late = looseLink(key(9));
  it.node.up(late);
  for (const relay of relays) it.node.signal(late, update(relay, 0));
  const told = updates(late).reduce((sum, { add }) => sum + add.length, 0);
  assert.equal(told, MAX_NAMES);
});
