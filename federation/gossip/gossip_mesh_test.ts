import assert from "node:assert/strict";
import fc from "fast-check";
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
    { numRuns: Number(Deno.env.get("RUNS") ?? 200) },
  );
});
