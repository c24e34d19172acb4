import assert from "node:assert/strict";
import type { SignalOf } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { looseLink, type TestingLink } from "../testing_mesh_link.ts";
import { wireRelay } from "../relay_key.ts";
import { GossipNode } from "./testing_gossip.ts";

type State = SignalOf<"RelayState">;

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

function state(relay: string, seq: number, links: readonly string[]): State {
  return {
    type: "RelayState",
    relay: wireRelay(relay),
    label: "",
    region: null,
    addr: "192.0.2.1:4433",
    build: "",
    load: 0,
    draining: false,
    udp_port: null,
    seq,
    links: links.map((to) => (
      { relay: wireRelay(to), rtt_ms: null, loss_pct: null, legacy: false }
    )),
  };
}

function states(link: TestingLink): State[] {
  return link.sent.splice(0).filter((message) => message.type === "RelayState");
}

Deno.test("a neighbour that had to go above what others said of it is believed a little further ahead", () => {
  const { clock, node, mesh } = start();
  const a = looseLink(A);
  node.up(a);
  node.signal(a, state(A, clock.wall() + DAY + 7_200_001, [SELF]));
  assert.deepEqual(mesh.neighbours(A), []);
  node.signal(a, state(A, clock.wall() + DAY + 7_200_000, [SELF]));
  assert.deepEqual(mesh.neighbours(A), [SELF]);
});

Deno.test("what others say of a neighbour is told to it, and counts when the link with it is gone", () => {
  const { clock, node, mesh } = start();
  const [a, b] = [looseLink(A), looseLink(B)];
  node.up(a);
  node.up(b);
  const wall = clock.wall();
  node.signal(a, state(A, wall, [SELF, B, C]));
  node.signal(b, state(B, wall, [SELF, A, C]));
  node.signal(a, state(C, wall, [A, B]));
  states(b);
  node.signal(a, state(B, wall + 5, [A]));
  assert.deepEqual(mesh.neighbours(B), [SELF, A, C]);
  assert.deepEqual(states(b).map(({ relay, seq }) => [relay, seq]), [[wireRelay(B), wall + 5]]);
  // It goes above that, so that nothing is left of it.
  node.signal(b, state(B, wall + 6, [SELF, A, C]));
  node.down(b);
  assert.deepEqual([mesh.neighbours(B), mesh.path(B)], [[A, C], [A, B]]);
  // And when it is silent since the link is dead, the others know better.
  const again = looseLink(B);
  node.up(again);
  node.signal(a, state(B, wall + 7, [C]));
  node.down(again);
  assert.deepEqual([mesh.neighbours(B), mesh.path(B)], [[C], [A, C, B]]);
});

Deno.test("what was told too fast is asked for again", () => {
  const { clock, node, mesh } = start();
  const [a, b] = [looseLink(A), looseLink(B)];
  for (const link of [a, b]) node.up(link);
  const wall = clock.wall();
  node.signal(a, state(A, wall, [SELF, C]));
  node.signal(b, state(B, wall, [SELF, C]));
  let seq = wall;
  while (mesh.neighbours(C).length === 0 || seq < wall + 40) {
    node.signal(b, state(C, ++seq, [B]));
  }
  node.signal(a, state(C, ++seq, [A]));
  assert.deepEqual(mesh.neighbours(C), [B]);
  states(a);
  clock.advance(200);
  const asked = states(a).find(({ relay }) => relay === wireRelay(C));
  assert.ok(asked !== undefined && asked.seq < seq);
  node.signal(a, state(C, seq, [A]));
  assert.deepEqual(mesh.neighbours(C), [A]);
});
