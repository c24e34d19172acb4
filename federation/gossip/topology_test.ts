import assert from "node:assert/strict";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { looseLink, type TestingLink } from "../testing_mesh_link.ts";
import { wireRelay } from "../relay_key.ts";
import { MAX_RELAYS } from "./state_table.ts";
import { GossipNode } from "./testing_gossip.ts";

type State = SignalOf<"RelayState">;
type StateLink = State["links"][number];

const key = (n: number) => n.toString(16).padStart(64, "0");
const SELF = key(0);
const A = key(1);
const B = key(2);
const C = key(3);
const DAY = 24 * 3_600_000;

function start() {
  const clock = new ManualClock();
  const node = new GossipNode(SELF, clock);
  return { clock, node, mesh: node.gossip.mesh };
}

function linkTo(relay: string, more: Partial<StateLink> = {}): StateLink {
  return { relay: wireRelay(relay), rtt_ms: null, loss_pct: null, legacy: false, ...more };
}

function state(relay: string, seq: number, links: readonly StateLink[], more: Partial<State> = {}) {
  return {
    type: "RelayState",
    relay: wireRelay(relay),
    label: "somewhere",
    region: null,
    addr: "192.0.2.1:4433",
    build: "b",
    load: 0,
    draining: false,
    udp_port: null,
    seq,
    links,
    ...more,
  } satisfies State;
}

function states(link: TestingLink): State[] {
  return link.sent.splice(0).filter((message: KnownSignal) => message.type === "RelayState");
}

Deno.test("a link that comes up is told everything known, and others that there is a new link", () => {
  const { clock, node } = start();
  const [a, b] = [looseLink(A), looseLink(B)];
  node.up(a);
  const [own] = states(a);
  assert.deepEqual(own, {
    type: "RelayState",
    relay: wireRelay(SELF),
    label: "",
    region: null,
    addr: "10.0.0.1:4433",
    build: "test",
    load: 0,
    draining: false,
    udp_port: null,
    seq: clock.wall(),
    links: [linkTo(A)],
  });
  clock.advance(1_000);
  node.signal(a, state(A, 5, [linkTo(SELF)]));
  node.up(b);
  assert.deepEqual(states(b).map(({ relay, links }) => [relay, links.length]), [
    [wireRelay(SELF), 2],
    [wireRelay(A), 1],
  ]);
  assert.deepEqual(states(a).map(({ relay, links }) => [relay, links.length]), [
    [wireRelay(SELF), 2],
  ]);
  node.renewed(a);
  assert.deepEqual(states(a).map(({ relay }) => relay), [wireRelay(SELF)]);
});

Deno.test("news is passed on to every link but the one it came from, once", () => {
  const { node } = start();
  const [a, b, c] = [looseLink(A), looseLink(B), looseLink(C)];
  for (const link of [a, b, c]) node.up(link);
  for (const link of [a, b, c]) link.sent.length = 0;
  const news = state(key(9), 7, [linkTo(A)]);
  node.signal(a, news);
  node.signal(b, news);
  assert.deepEqual([states(a), states(b), states(c)], [[], [news], [news]]);
  node.signal(c, state(key(9), 6, []));
  assert.deepEqual([states(a), states(b), states(c)], [[], [], [news]]);
});

Deno.test("links that change at once are told together, but a new link gets its own news at once", () => {
  const { clock, node } = start();
  const links = [1, 2, 3, 4, 5].map((n) => looseLink(key(n)));
  for (const link of links) node.up(link);
  const counts = links.map((link) => states(link).map((it) => it.links.length));
  assert.deepEqual(counts, [[1, 2], [2], [3], [4], [5]]);
  clock.advance(200);
  assert.deepEqual(links.map((link) => states(link).map((it) => it.links.length)), [
    [5],
    [5],
    [5],
    [5],
    [],
  ]);
});

Deno.test("a state is told every 20 s, and figures only when they change much", () => {
  const { clock, node } = start();
  const a = looseLink(A);
  node.up(a);
  states(a);
  clock.advance(1_000);
  a.rttMs = 20;
  clock.advance(5_000);
  assert.deepEqual(states(a).map(({ links }) => links[0]?.rtt_ms), [20]);
  for (let round = 0; round < 100; round++) {
    a.rttMs = round % 2 === 0 ? 60 : 20;
    a.lossPct = round % 2 === 0 ? 9 : 0;
    node.load = round % 2 === 0 ? 0.2 : 0;
    clock.advance(100);
  }
  assert.equal(states(a).length, 0, "small changes wait");
  clock.advance(10_000);
  assert.equal(states(a).length, 1, "20 s are over");
  for (let round = 0; round < 50; round++) {
    a.rttMs = round % 2 === 0 ? 400 : 20;
    clock.advance(200);
  }
  assert.ok(states(a).length <= 2, "large ones are told, but not each");
  node.load = 0.9;
  a.rttMs = 20;
  clock.advance(5_000);
  assert.equal(states(a).at(-1)?.load, 0.9);
});

Deno.test("a drain is told at once", () => {
  const { clock, node } = start();
  const a = looseLink(A);
  node.up(a);
  clock.advance(1_000);
  states(a);
  node.draining = true;
  node.gossip.refresh();
  assert.deepEqual(states(a).map(({ draining }) => draining), [true]);
});

Deno.test("who hears of its own earlier life goes above it, and at once", () => {
  const { clock, node } = start();
  const a = looseLink(A);
  node.up(a);
  clock.advance(500);
  states(a);
  const seq = clock.wall() + 3_600_000;
  node.signal(a, state(SELF, seq, [linkTo(C)]));
  assert.deepEqual(states(a).map((it) => [it.seq, it.links]), [[seq + 1, [linkTo(A)]]]);
  node.signal(a, state(SELF, seq + 1, [linkTo(C)]));
  node.signal(a, state(SELF, 1, []));
  clock.advance(400);
  assert.deepEqual(states(a), []);
  // Nobody takes a state from so far ahead, so this one need not be surpassed.
  node.signal(a, state(SELF, clock.wall() + 2 * DAY, []));
  clock.advance(400);
  assert.deepEqual(states(a), []);
  assert.equal(node.gossip.mesh.reachable(C), false);
});

Deno.test("a state is not taken from a clock that is more than a day ahead", () => {
  const { clock, node, mesh } = start();
  const a = looseLink(A);
  node.up(a);
  node.signal(a, state(A, clock.wall(), [linkTo(SELF), linkTo(B)]));
  node.signal(a, state(B, clock.wall() + DAY + 1, [linkTo(A)]));
  assert.deepEqual([mesh.neighbours(A), mesh.reachable(B)], [[SELF], false]);
  node.signal(a, state(B, clock.wall() + DAY, [linkTo(A)]));
  assert.deepEqual([mesh.neighbours(A), mesh.reachable(B)], [[SELF, B], true]);
});

Deno.test("what is behind a dead link is hidden at once, and forgotten after a minute", () => {
  const { clock, node, mesh } = start();
  const a = looseLink(A);
  let changes = 0;
  mesh.onChange(() => changes += 1);
  node.up(a);
  node.signal(a, state(A, 1, [linkTo(SELF), linkTo(B)]));
  node.signal(a, state(B, 1, [linkTo(A)]));
  assert.deepEqual([mesh.path(B), mesh.nextHop(B), mesh.reachable(A)], [[A, B], a, true]);
  assert.equal(changes, 3);
  node.down(a);
  assert.deepEqual([mesh.path(B), mesh.nextHop(B), mesh.reachable(A)], [null, null, false]);
  assert.equal(changes, 4);
  assert.deepEqual(mesh.relays().map(({ relay }) => relay), [SELF]);
  clock.advance(60_000);
  const again = looseLink(A);
  node.up(again);
  assert.deepEqual(states(again).map(({ relay }) => relay), [wireRelay(SELF), wireRelay(B)]);
  clock.advance(400);
  const later = looseLink(C);
  node.up(later);
  assert.deepEqual(states(later).map(({ relay }) => relay), [wireRelay(SELF)]);
  // Its number is remembered: what others have not forgotten yet does not come back.
  node.signal(again, state(B, 1, [linkTo(A)]));
  assert.deepEqual(states(later), []);
  node.signal(again, state(B, 2, [linkTo(A)]));
  assert.equal(states(later).length, 1);
});

Deno.test("a relay that falls silent leaves the mesh after a minute, though its neighbour still names it", () => {
  const { clock, node, mesh } = start();
  const a = looseLink(A);
  node.up(a);
  for (let seq = 1; seq <= 5; seq++) {
    node.signal(a, state(A, seq, [linkTo(SELF), linkTo(B)]));
    if (seq === 1) node.signal(a, state(B, 1, [linkTo(A)]));
    assert.equal(mesh.reachable(B), seq < 5);
    clock.advance(seq === 4 ? 200 : 20_000);
    if (seq === 3) assert.equal(mesh.reachable(B), true);
  }
});

Deno.test("originals and relays without the capability are leaves and are told nothing", () => {
  const { node, mesh } = start();
  const old = looseLink(A, { legacy: true });
  const plain = looseLink(B, { can: (capability) => capability !== "topology" });
  const c = looseLink(C);
  for (const link of [old, plain, c]) node.up(link);
  node.signal(plain, state(B, 1, [linkTo(SELF), linkTo(key(9))]));
  assert.deepEqual([states(old), states(plain)], [[], []]);
  assert.deepEqual(states(c)[0]?.links, [
    linkTo(A, { legacy: true }),
    linkTo(B, { legacy: true }),
    linkTo(C),
  ]);
  assert.deepEqual([mesh.nextHop(A), mesh.nextHop(B)], [old, plain]);
  assert.deepEqual([mesh.linked(SELF, A), mesh.neighbours(SELF)], [false, []]);
  node.signal(c, state(C, 1, [linkTo(SELF), linkTo(key(8), { legacy: true })]));
  assert.deepEqual(mesh.path(key(8)), [C, key(8)]);
});

Deno.test("the way over a direct link is there before the other end has said so, and ends with it", () => {
  const { node, mesh } = start();
  const a = looseLink(A);
  node.up(a);
  assert.deepEqual([mesh.reachable(A), mesh.nextHop(A), mesh.path(A)], [true, a, [A]]);
  assert.deepEqual([mesh.linked(SELF, A), mesh.relays().length], [false, 1]);
  node.down(a);
  assert.deepEqual([mesh.reachable(A), mesh.nextHop(A), mesh.path(A)], [false, null, null]);
  assert.deepEqual([mesh.reachable(SELF), mesh.nextHop(SELF), mesh.path(SELF)], [true, null, []]);
});

Deno.test("a relay without a name goes by the one its neighbour gave it", () => {
  const { node, mesh } = start();
  const [a, b] = [looseLink(A, { label: "alpha" }), looseLink(B)];
  node.up(a);
  node.up(b);
  states(b);
  node.signal(a, state(A, 1, [linkTo(SELF), linkTo(C)], { label: "" }));
  node.signal(a, state(C, 1, [linkTo(A)], { label: "" }));
  assert.deepEqual(states(b).map(({ label }) => label), ["alpha", ""]);
  assert.deepEqual([mesh.labelOf(A), mesh.labelOf(C)], ["alpha", "00000000"]);
  node.signal(b, state(C, 2, [linkTo(A)], { label: "gamma" }));
  node.signal(a, state(A, 2, [linkTo(SELF), linkTo(C)], { label: "its own" }));
  assert.deepEqual([mesh.labelOf(A), mesh.labelOf(C)], ["alpha", "gamma"]);
  assert.deepEqual(states(b).map(({ label }) => label), ["its own"]);
});

Deno.test("what others write is cut to what can be shown, and passed on like that", () => {
  const { node, mesh } = start();
  const [a, b] = [looseLink(A), looseLink(B)];
  node.up(a);
  node.up(b);
  states(b);
  const many = Array.from({ length: 1_000 }, (_, n) => linkTo(key(n)));
  node.signal(
    a,
    state(A, 1, [linkTo(A), linkTo(SELF, { rtt_ms: 1e30, loss_pct: 999 }), ...many], {
      label: `\u001b[31m${"\ud83d\ude00".repeat(5_000)}`,
      region: "eu|10.0.0.1:1\n",
      addr: "example.org:4433",
      build: "x".repeat(100_000),
      load: 1e9,
    }),
  );
  const [passed] = states(b);
  assert.equal(passed?.label.length, 64);
  assert.ok(passed.label.startsWith("[31m") && passed.label.isWellFormed());
  assert.deepEqual([passed.region, passed.addr, passed.build.length, passed.load], [
    "eu10.0.0.1:1",
    "",
    64,
    1,
  ]);
  assert.ok(passed.links.length <= 256);
  assert.equal(mesh.addressOf(A), "10.9.9.9:4433", "that of the link");
  const view = mesh.relays().find(({ relay }) => relay === A)!;
  assert.deepEqual(view.links[0], { relay: SELF, rttMs: null, lossPct: null, legacy: false });
  node.signal(a, { ...state(A, 2, []), relay: "nobody" });
  assert.equal(mesh.reachable(B), true);
});

Deno.test("the relays that can be known are bounded, and neighbours come before inventions", () => {
  const { node, mesh, clock } = start();
  const [a, b] = [looseLink(A), looseLink(B)];
  node.up(a);
  const fakes = Array.from({ length: 400 }, (_, n) => key(1_000 + n));
  node.signal(a, state(A, 1, [linkTo(SELF), ...fakes.slice(0, 255).map((it) => linkTo(it))]));
  for (const fake of fakes) node.signal(a, state(fake, 1, [linkTo(A)]));
  assert.equal(mesh.relays().length, MAX_RELAYS + 1);
  node.up(b);
  states(b);
  node.signal(b, state(B, 1, [linkTo(SELF)]));
  assert.equal(mesh.linked(SELF, B), true);
  assert.equal(mesh.relays().length, MAX_RELAYS + 1);
  clock.advance(60_200);
  assert.equal(mesh.relays().length, 1);
  for (const fake of fakes) node.signal(a, state(fake, 2, [linkTo(A)]));
  const late = looseLink(C);
  node.up(late);
  assert.equal(states(late).length, MAX_RELAYS + 1);
});

Deno.test("a relay that changes all the time is not passed on all the time", () => {
  const { node, clock } = start();
  const [a, b] = [looseLink(A), looseLink(B)];
  node.up(a);
  node.up(b);
  states(b);
  for (let seq = 1; seq <= 2_000; seq++) {
    clock.advance(10);
    node.signal(a, state(A, seq, [linkTo(key(seq))]));
  }
  const passed = states(b).filter(({ relay }) => relay === wireRelay(A)).length;
  assert.ok(passed > 100 && passed < 180, `${passed} in 20 s`);
});

Deno.test("links that are not up, or were another's, change nothing", () => {
  const { node, mesh } = start();
  const [old, next] = [looseLink(A), looseLink(A)];
  node.signal(old, state(A, 1, [linkTo(SELF)]));
  node.down(old);
  node.renewed(old);
  assert.deepEqual([old.sent, mesh.relays().length], [[], 1]);
  node.up(old);
  node.up(next);
  node.down(old);
  assert.equal(mesh.nextHop(A), next);
});
