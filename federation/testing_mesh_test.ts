import assert from "node:assert/strict";
import fc from "fast-check";
import type { KnownSignal } from "../proto/signal/mod.ts";
import type { Link } from "./link.ts";
import { type MeshNode, type MeshSite, TestingMesh } from "./testing_mesh.ts";
import {
  chain,
  fullMesh,
  type MeshGraph,
  type MeshStep,
  ring,
  star,
} from "./testing_mesh_graph.ts";

const ping = (timestamp_ms: number): KnownSignal => ({ type: "Ping", timestamp_ms });

/** Writes down what it is told, and sends a number every 10 ms on every link. */
class Diary implements MeshNode {
  readonly site: MeshSite;
  readonly links = new Set<Link>();
  readonly ended = new Set<Link>();
  readonly got = new Map<Link, number[]>();
  renewals = 0;
  stopped = false;
  #next = 0;

  constructor(site: MeshSite) {
    this.site = site;
    site.clock.every(10, () => {
      assert.equal(this.stopped, false);
      for (const link of [...this.links, ...this.ended]) link.send(ping(++this.#next));
    });
  }

  up(link: Link): void {
    assert.ok(!this.links.has(link) && !this.ended.has(link));
    assert.ok(![...this.links].some(({ relay }) => relay === link.relay));
    this.links.add(link);
    this.got.set(link, []);
  }

  renewed(link: Link): void {
    assert.ok(this.links.has(link));
    this.renewals += 1;
  }

  down(link: Link): void {
    assert.ok(this.links.delete(link));
    this.ended.add(link);
  }

  signal(link: Link, message: KnownSignal): void {
    assert.ok(this.links.has(link) && !this.stopped);
    assert.equal(message.type, "Ping");
    if (message.type !== "Ping") return;
    const got = this.got.get(link)!;
    assert.ok(message.timestamp_ms > (got.at(-1) ?? 0), "in order");
    got.push(message.timestamp_ms);
  }

  stop(): void {
    this.stopped = true;
  }
}

function mesh(relays: number, links: MeshGraph, seed = 1) {
  return new TestingMesh({ relays, links, seed, create: (site) => new Diary(site) });
}

Deno.test("a simulated mesh comes up as its graph says and carries messages in order", () => {
  for (
    const [links, count] of [[chain(4), 3], [ring(4), 4], [star(4), 3], [fullMesh(4), 6]] as const
  ) {
    const it = mesh(4, links);
    it.run(5_000);
    assert.equal(links.length, count);
    assert.equal(it.reachable(0).size, 4);
    for (const { index, node } of it.running()) {
      assert.equal(node.links.size, links.filter((pair) => pair.includes(index)).length);
      for (const got of node.got.values()) assert.ok(got.length > 50);
    }
  }
});

Deno.test("the ends of a dead connection learn of it at times of their own, and it comes back", () => {
  const noticed = new Set<number>();
  for (let seed = 1; seed <= 20; seed++) {
    const it = mesh(2, chain(2), seed);
    it.run(5_000);
    const before = it.clock.now();
    it.cut(0, 1);
    assert.equal(it.linked(0, 1), false);
    const at: (number | null)[] = [null, null];
    while (at.includes(null)) {
      it.run(10);
      for (const { index, node } of it.running()) {
        if (node.ended.size > 0 || node.renewals > 0) at[index] ??= it.clock.now() - before;
      }
    }
    noticed.add(at[0]! - at[1]!);
    it.run(10_000);
    assert.equal(it.linked(0, 1), true);
    assert.ok([0, 1].every((index) => it.node(index)!.links.size === 1));
  }
  assert.ok(noticed.size > 10);
});

Deno.test("a relay that restarts is another node, and its old timers and links are dead", () => {
  const it = mesh(3, chain(3));
  it.run(5_000);
  const old = it.node(1)!;
  const wall = old.site.clock.wall();
  it.restart(1, -3_600_000);
  assert.equal(old.stopped, true);
  it.run(10_000);
  const next = it.node(1)!;
  assert.equal(next.site.life, 2);
  assert.equal(next.site.clock.wall(), wall + 10_000 - 3_600_000);
  assert.equal(next.links.size, 2);
  assert.deepEqual([...it.node(0)!.links].map(({ about }) => about.instance), ["2"]);
  assert.equal(it.node(0)!.ended.size, 1);
});

Deno.test("what is blocked stays down until the mesh is healed", () => {
  const it = mesh(4, ring(4));
  it.run(5_000);
  it.partition([0, 1]);
  it.stop(3);
  it.run(20_000);
  assert.deepEqual([it.reachable(0), it.reachable(2)], [new Set([0, 1]), new Set([2])]);
  assert.deepEqual(it.running().map(({ node }) => node.links.size), [1, 1, 0]);
  it.heal();
  it.run(20_000);
  assert.equal(it.reachable(0).size, 4);
});

Deno.test("a renewed link is the same link over another connection, with what was on its way lost", () => {
  const it = mesh(2, chain(2));
  it.run(5_000);
  const link = it.link(0, 1);
  it.renew(0, 1);
  it.run(1_000);
  assert.equal(it.link(0, 1), link);
  assert.deepEqual(it.running().map(({ node }) => node.renewals), [1, 1]);
  const got = it.node(0)!.got.get(link!)!;
  assert.ok(got.at(-1)! > got.length, "some were lost");
  it.renew(0, 1);
  it.block(0, 1);
  it.run(5_000);
  assert.deepEqual(it.running().map(({ node }) => node.links.size), [0, 0]);
});

Deno.test("whatever happens to a mesh, links and order hold, and a healed one is whole", () => {
  const step: fc.Arbitrary<MeshStep> = fc.oneof(
    fc.record({ do: fc.constant("run" as const), ms: fc.nat(5_000) }),
    fc.record({
      do: fc.constantFrom("cut" as const, "block" as const, "unblock" as const, "renew" as const),
      link: fc.nat(9),
    }),
    fc.record({ do: fc.constantFrom("stop" as const, "start" as const), relay: fc.nat(9) }),
    fc.record({
      do: fc.constant("restart" as const),
      relay: fc.nat(9),
      wallOffsetMs: fc.integer({ min: -9, max: 9 }),
    }),
    fc.record({ do: fc.constant("partition" as const), sides: fc.nat(63) }),
  );
  const graph = fc.constantFrom(chain, ring, star, fullMesh);
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 4 }),
      graph,
      fc.array(step, { maxLength: 12 }),
      (seed, relays, links, steps) => {
        const it = mesh(relays, links(relays), seed);
        for (const each of steps) it.apply(each);
        it.heal();
        it.run(20_000);
        for (const { index, node } of it.running()) {
          assert.equal(it.reachable(index).size, relays);
          assert.equal(
            node.links.size,
            links(relays).filter((pair) => pair.includes(index)).length,
          );
        }
      },
    ),
    { numRuns: 15 },
  );
});
