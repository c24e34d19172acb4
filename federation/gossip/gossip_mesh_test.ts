import assert from "node:assert/strict";
import fc from "fast-check";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import type { MeshRelayView } from "../../relay/ports/federation.ts";
import { TestingMesh } from "../testing_mesh.ts";
import {
  chain,
  fullMesh,
  type MeshGraph,
  type MeshStep,
  range,
  ring,
  star,
} from "../testing_mesh_graph.ts";
import { wireRelay } from "../relay_key.ts";
import { GossipNode } from "./testing_gossip.ts";

type Step =
  | MeshStep
  | { readonly do: "enter" | "leave"; readonly relay: number; readonly person: number };

/** Dead connections are noticed after 4 s and dialled again within 2 s; the rest is messages on their way. */
const SETTLED_MS = 8_000;

class World {
  readonly mesh: TestingMesh<GossipNode>;
  readonly #links: MeshGraph;

  constructor(relays: number, links: MeshGraph, seed: number) {
    this.#links = links;
    this.mesh = new TestingMesh({
      relays,
      links,
      seed,
      create: ({ key, clock, index }) => new GossipNode(key, clock, index),
    });
  }

  apply(step: Step): void {
    if (!("person" in step)) return this.mesh.apply(step);
    const node = this.mesh.node(step.relay % this.mesh.size);
    node?.presence[step.do](`person-${step.person}`);
  }

  /** Everything that a relay believes must be so. */
  check(): void {
    for (const { index } of this.mesh.running()) this.#checkRelay(index);
  }

  #checkRelay(index: number): void {
    const { keys } = this.mesh;
    const { mesh } = this.mesh.node(index)!.gossip;
    const truth = this.mesh.reachable(index);
    const all = range(this.mesh.size);
    assert.deepEqual(all.filter((to) => mesh.reachable(keys[to]!)), [...truth].sort());
    for (const a of truth) {
      const neighbours = all.filter((b) => this.mesh.linked(a, b));
      assert.deepEqual(
        mesh.neighbours(keys[a]!).map((key) => keys.indexOf(key)).sort(),
        neighbours,
      );
      for (const b of truth) {
        assert.equal(mesh.linked(keys[a]!, keys[b]!), a !== b && neighbours.includes(b));
      }
    }
    for (const to of all) this.#checkPath(index, to, truth.has(to));
    this.#checkDirectory(index, truth);
    const views = [...mesh.relays()].map(({ relay }: MeshRelayView) => keys.indexOf(relay));
    assert.deepEqual([views[0], [...views].sort()], [index, [...truth].sort()]);
  }

  #checkPath(from: number, to: number, reachable: boolean): void {
    const { keys } = this.mesh;
    const { mesh } = this.mesh.node(from)!.gossip;
    const path = mesh.path(keys[to]!);
    if (!reachable) {
      assert.deepEqual([path, mesh.nextHop(keys[to]!)], [null, null]);
      return;
    }
    const way = [from, ...path!.map((key) => keys.indexOf(key))];
    for (const [i, at] of way.entries()) {
      if (i > 0) assert.ok(this.mesh.linked(way[i - 1]!, at));
    }
    assert.equal(way.at(-1), to);
    assert.equal(way.length - 1, this.#distance(from, to));
    assert.equal(mesh.nextHop(keys[to]!), from === to ? null : this.mesh.link(from, way[1]!));
  }

  #distance(from: number, to: number): number {
    const hops = new Map([[from, 0]]);
    for (const [at, distance] of hops) {
      for (const next of range(this.mesh.size)) {
        if (this.mesh.linked(at, next) && !hops.has(next)) hops.set(next, distance + 1);
      }
    }
    return hops.get(to)!;
  }

  #checkDirectory(index: number, truth: ReadonlySet<number>): void {
    const { mesh } = this.mesh.node(index)!.gossip;
    const expected = [...truth].filter((at) => at !== index).flatMap((at) =>
      [...this.mesh.node(at)!.presence.names].map((name) => `${name} at ${at}`)
    );
    const known = [...mesh.entries()].map(({ fingerprint, relay }) =>
      `${fingerprint} at ${this.mesh.keys.indexOf(relay)}`
    );
    assert.deepEqual(known.sort(), expected.sort());
    for (const person of range(PEOPLE)) {
      const name = `person-${person}`;
      const at = mesh.relayOf(name);
      const where = [...truth].filter((to) => this.mesh.node(to)!.presence.names.has(name));
      const others = where.filter((to) => to !== index);
      assert.ok(
        at === null ? others.length === 0 : others.includes(this.mesh.keys.indexOf(at)),
      );
      assert.equal(mesh.further(name)?.length, at === null ? undefined : mesh.path(at)!.length);
    }
  }

  /** With nothing happening, a minute has three states of each relay and two or three rounds of numbers. */
  checkQuiet(): void {
    const before = new Map(this.mesh.sent);
    this.mesh.run(60_000);
    const ends = 2 * this.#links.length;
    const relays = this.mesh.size;
    const sent = (type: string) => (this.mesh.sent.get(type) ?? 0) - (before.get(type) ?? 0);
    assert.ok(sent("RelayState") <= 4 * relays * ends, `${sent("RelayState")} states`);
    assert.ok(sent("DirectoryUpdate") <= 3 * relays * ends, `${sent("DirectoryUpdate")} updates`);
  }
}

/** Each takes about 10 ms. */
const RUNS = Number(Deno.env.get("GOSSIP_MESH_RUNS") ?? 250);
const PEOPLE = 4;
const HOUR = 3_600_000;

const relay = fc.nat(5);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("run" as const), ms: fc.nat(9_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("enter" as const, "enter" as const, "leave" as const),
      relay,
      person: fc.nat(PEOPLE - 1),
    }),
  },
  fc.record({
    do: fc.constantFrom("cut" as const, "block" as const, "unblock" as const, "renew" as const),
    link: fc.nat(14),
  }),
  fc.record({ do: fc.constantFrom("stop" as const, "start" as const), relay }),
  fc.record({
    do: fc.constant("restart" as const),
    relay,
    // Also set back, so that its numbers are below those it gave out before.
    wallOffsetMs: fc.constantFrom(0, 0, HOUR, -HOUR, -2_000),
  }),
  fc.record({ do: fc.constant("partition" as const), sides: fc.nat(63) }),
  fc.constant({ do: "heal" as const }),
  fc.record({ do: fc.constant("run" as const), ms: fc.integer({ min: 50_000, max: 70_000 }) }),
);

Deno.test("whatever happened to a mesh, once it is quiet every relay knows the truth and is silent", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 2, max: 6 }),
      fc.constantFrom(chain, ring, star, fullMesh),
      fc.array(steps, { maxLength: 25 }),
      fc.boolean(),
      (seed, relays, graph, happening, healed) => {
        const world = new World(relays, graph(relays), seed);
        for (const step of happening) world.apply(step);
        if (healed) world.mesh.heal();
        world.mesh.run(SETTLED_MS);
        world.check();
        world.checkQuiet();
        world.check();
      },
    ),
    { numRuns: RUNS },
  );
});

Deno.test("a list that comes before its neighbour's state is asked for again, whoever tells that state first", () => {
  const world = new World(3, ring(3), 2);
  world.apply({ do: "enter", relay: 1, person: 0 });
  world.mesh.run(SETTLED_MS);
  world.check();
});

function settled(relays: number, links: MeshGraph, seed = 1): World {
  const world = new World(relays, links, seed);
  world.mesh.run(SETTLED_MS);
  return world;
}

Deno.test("whoever was behind a link is gone at once where its loss is known, and soon everywhere", () => {
  const world = settled(4, chain(4));
  const { mesh } = world;
  mesh.node(3)!.presence.enter("far");
  mesh.run(1_000);
  const at = (index: number) => mesh.node(index)!.gossip.mesh;
  assert.deepEqual([0, 1, 2].map((index) => at(index).relayOf("far")), Array(3).fill(mesh.keys[3]));
  mesh.stop(3);
  while (mesh.link(2, 3) !== null) {
    assert.equal(at(2).relayOf("far"), mesh.keys[3]);
    mesh.run(1);
  }
  assert.deepEqual([at(2).relayOf("far"), at(2).reachable(mesh.keys[3]!)], [null, false]);
  // Two messages on their way.
  mesh.run(2 * 80);
  assert.deepEqual([at(1).relayOf("far"), at(0).relayOf("far")], [null, null]);
});

Deno.test("a relay whose clock was set back before a restart is believed within a second", () => {
  for (const offset of [-2_000, -HOUR, -20 * HOUR]) {
    const world = settled(4, ring(4));
    const { mesh } = world;
    mesh.node(1)!.presence.enter("before");
    mesh.run(30_000);
    mesh.restart(1, offset);
    mesh.node(1)!.presence.enter("after");
    while (mesh.link(0, 1)?.about.instance !== "2" || mesh.link(2, 1)?.about.instance !== "2") {
      mesh.run(10);
    }
    mesh.run(1_000);
    world.check();
    assert.equal(mesh.node(3)!.gossip.mesh.relayOf("before"), null);
    assert.equal(mesh.node(3)!.gossip.mesh.relayOf("after"), mesh.keys[1]);
  }
});

Deno.test("a list that has lost a change is mended when neighbours compare numbers", () => {
  const world = settled(3, chain(3));
  const { mesh } = world;
  const last = mesh.node(2)!;
  const take = last.signal;
  last.signal = (link, message) => {
    if (message.type !== "DirectoryUpdate") take.call(last, link, message);
  };
  mesh.node(0)!.presence.enter("missed");
  mesh.run(1_000);
  last.signal = take;
  assert.equal(last.gossip.mesh.relayOf("missed"), null);
  mesh.run(31_000);
  assert.equal(last.gossip.mesh.relayOf("missed"), mesh.keys[0]);
});

Deno.test("a middle relay of a ring that dies leaves a way around it", () => {
  const world = settled(5, ring(5));
  const { mesh } = world;
  const path = () =>
    mesh.node(0)!.gossip.mesh.path(mesh.keys[2]!)!.map((it) => mesh.keys.indexOf(it));
  assert.deepEqual(path(), [1, 2]);
  mesh.stop(1);
  mesh.run(4_400);
  assert.deepEqual(path(), [4, 3, 2]);
  world.check();
});

Deno.test("everybody knows of a drain as soon as a message can be there", () => {
  const world = settled(4, chain(4));
  const { mesh } = world;
  mesh.node(0)!.draining = true;
  mesh.node(0)!.gossip.refresh();
  mesh.run(3 * 80);
  for (const { node } of mesh.running()) {
    const view = node.gossip.mesh.relays().find(({ relay }) => relay === mesh.keys[0]);
    assert.equal(view?.draining, true);
  }
});

/** What a relay of the mesh that lies may send; numbers near now are the ones that could be believed. */
function lie(mesh: TestingMesh<GossipNode>): KnownSignal {
  const { random, keys, clock } = mesh;
  const below = (limit: number) => Math.floor(random() * limit);
  const someone = () => wireRelay(below(4) > 0 ? keys[below(keys.length)]! : key(below(50)));
  const seq = clock.wall() + 1 + below(3) * below(100_000);
  const names = () => Array.from({ length: below(4) }, () => `person-${below(9)}`);
  if (below(2) === 0) {
    const full = below(2) === 0;
    return {
      type: "DirectoryUpdate",
      relay: someone(),
      seq,
      full,
      add: names(),
      remove: names(),
    };
  }
  return {
    type: "RelayState",
    relay: someone(),
    label: "liar",
    region: null,
    addr: "192.0.2.66:1",
    build: "",
    load: random(),
    draining: below(2) === 0,
    udp_port: null,
    seq,
    links: Array.from({ length: below(5) }, () => ({
      relay: someone(),
      rtt_ms: below(100),
      loss_pct: null,
      legacy: below(3) === 0,
    })),
  };
}

const key = (n: number) => n.toString(16).padStart(64, "0");

Deno.test("lies about others are over a minute after the last of them", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 3, max: 5 }),
      fc.constantFrom(chain, ring, star, fullMesh),
      (seed, relays, graph) => {
        const world = settled(relays, graph(relays), seed);
        const { mesh } = world;
        for (const { index, node } of mesh.running()) node.presence.enter(`person-${index}`);
        for (let count = 0; count < 200; count++) {
          for (const to of range(relays)) mesh.link(1, to)?.send(lie(mesh));
          mesh.run(20);
        }
        mesh.run(70_000);
        world.check();
        world.checkQuiet();
      },
    ),
    { numRuns: 25 },
  );
});
