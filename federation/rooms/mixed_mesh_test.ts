import assert from "node:assert/strict";
import fc from "fast-check";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { hashRoomName } from "../../proto/room_name.ts";
import { type MeshNode, TestingMesh } from "../testing_mesh.ts";
import { chain, type MeshGraph, type MeshStep } from "../testing_mesh_graph.ts";
import { TestingNode } from "./testing_node.ts";
import { TestingOriginal } from "./testing_original.ts";
import { TestingReachability } from "./testing_reachability.ts";

const ROOM = "general";
/** Links notice that they are dead, come back, and everybody hears of it; then two sweeps of a relay. */
const QUIET_MS = 8_000 + 10_000;

interface Shape {
  readonly relays: number;
  readonly links: MeshGraph;
  readonly originals: readonly number[];
}

function start({ relays, links, originals }: Shape, seed: number) {
  const isOriginal = (relay: number) => originals.includes(relay);
  const mesh: TestingMesh<MeshNode> = new TestingMesh<MeshNode>({
    relays,
    links,
    seed,
    legacy: (a, b) => isOriginal(a) || isOriginal(b),
    create: (site) =>
      isOriginal(site.index) ? new TestingOriginal(site, [ROOM]) : new TestingNode({
        site,
        mesh: new TestingReachability(site, () => mesh ?? null, isOriginal),
        globalRooms: [ROOM],
        reorderMs: 60,
      }),
  });
  return mesh;
}

function at(mesh: TestingMesh<MeshNode>, index: number): TestingNode | TestingOriginal | null {
  const node = mesh.node(index);
  assert.ok(node === null || node instanceof TestingNode || node instanceof TestingOriginal);
  return node;
}

const nameOf = (relay: number, person: number) => `r${relay}-p${person}`;

/** Everybody a relay's clients should see of other relays, with the relay they are on. */
function truth(mesh: TestingMesh<MeshNode>, index: number): Map<string, string> {
  const people = new Map<string, string>();
  for (const other of mesh.reachable(index)) {
    if (other === index) continue;
    for (const person of at(mesh, other)?.locals(ROOM) ?? []) people.set(person, `relay-${other}`);
  }
  return people;
}

function seen(node: TestingNode | TestingOriginal): Map<string, string | null> {
  const list = node instanceof TestingNode ? node.rooms.remote(ROOM) : node.remote(ROOM);
  const local = new Set(node.locals(ROOM));
  return new Map(
    list.filter(({ fingerprint }) => !local.has(fingerprint))
      .map(({ fingerprint, relay_label }) => [fingerprint, relay_label]),
  );
}

function sorted(people: ReadonlyMap<string, string | null>): unknown {
  return [...people].sort(([a], [b]) => a < b ? -1 : 1);
}

function assertTruth(mesh: TestingMesh<MeshNode>): void {
  for (const { index } of mesh.running()) {
    const node = at(mesh, index)!;
    const list = seen(node);
    assert.deepEqual(sorted(list), sorted(truth(mesh, index)), `relay ${index}`);
    if (node instanceof TestingOriginal) assert.equal(node.swept, 0, "nobody was purged");
  }
}

/** Somebody comes, or leaves who is there. */
interface PersonStep {
  readonly relay: number;
  readonly person: number;
}

function apply(mesh: TestingMesh<MeshNode>, step: PersonStep | MeshStep): void {
  if (!("person" in step)) return mesh.apply(step);
  const relay = step.relay % mesh.size;
  const node = at(mesh, relay);
  const original = node instanceof TestingOriginal;
  // Originals do not announce who comes second.
  const name = nameOf(relay, original ? 0 : step.person);
  if (node === null) return;
  // Clients of an original are in a room of its own when they join by hash.
  const room = original && relay % 2 === 0 ? hashRoomName(nodeCrypto, ROOM) : ROOM;
  if (node.locals(ROOM).includes(name)) node.leave(room, name);
  else node.join(room, name);
}

const personStep: fc.Arbitrary<PersonStep> = fc.record({
  relay: fc.nat(5),
  person: fc.nat(1),
});
const meshStep: fc.Arbitrary<MeshStep> = fc.oneof(
  fc.record({
    do: fc.constantFrom("cut" as const, "block" as const, "unblock" as const),
    link: fc.nat(9),
  }),
  fc.record({ do: fc.constantFrom("stop" as const, "start" as const), relay: fc.nat(5) }),
  fc.record({
    do: fc.constant("restart" as const),
    relay: fc.nat(5),
    wallOffsetMs: fc.constant(0),
  }),
);
const wait: fc.Arbitrary<MeshStep> = fc.record({
  do: fc.constant("run" as const),
  ms: fc.oneof(fc.nat(300), fc.integer({ min: 4_000, max: 70_000 })),
});

/** Whatever the steps, everybody knows the truth soon after the mesh is whole again, and silence follows. */
function comesRight(seed: number, shape: Shape, steps: readonly (PersonStep | MeshStep)[]): void {
  const mesh = start(shape, seed);
  for (const step of steps) apply(mesh, step);
  mesh.heal();
  mesh.run(QUIET_MS);
  assertTruth(mesh);
  const before = new Map(mesh.sent);
  mesh.run(100_000);
  assertTruth(mesh);
  mesh.sent.delete("Ping");
  before.delete("Ping");
  assert.deepEqual(mesh.sent, before, "nothing but pings is sent any more");
}

function holds(shapes: readonly Shape[], steps: fc.Arbitrary<PersonStep | MeshStep>): void {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(...shapes),
      fc.array(steps, { maxLength: 30, size: "max" }),
      comesRight,
    ),
    { numRuns: Number(Deno.env.get("ROOM_MESH_RUNS") ?? 40) },
  );
}

const anything = fc.oneof(
  { weight: 4, arbitrary: personStep },
  { weight: 2, arbitrary: meshStep },
  { weight: 2, arbitrary: wait },
);

Deno.test("originals at the edge of a mesh of ours see everybody and are seen, whatever happens", () => {
  holds([
    { relays: 2, links: chain(2), originals: [1] },
    { relays: 3, links: chain(3), originals: [2] },
    { relays: 3, links: chain(3), originals: [0, 2] },
    { relays: 4, links: [[0, 1], [1, 2], [0, 2], [0, 3]], originals: [3] },
    { relays: 5, links: [[0, 1], [1, 2], [0, 2], [0, 3], [1, 4]], originals: [3, 4] },
  ], anything);
});

Deno.test("who leaves an original while its neighbour begins anew stays in nobody's list", () => {
  // Relay 1 hears from relay 2 that relay 0 has nobody before it has a link to the new life of relay 0, which never
  // had anybody and so has nothing to tell.
  comesRight(554450675, {
    relays: 5,
    links: [[0, 1], [1, 2], [0, 2], [0, 3], [1, 4]],
    originals: [3, 4],
  }, [
    { relay: 3, person: 0 },
    { relay: 1, person: 0 },
    { do: "run", ms: 141_172 },
    { do: "stop", relay: 0 },
    { relay: 3, person: 0 },
    { relay: 4, person: 0 },
    { relay: 2, person: 0 },
    { relay: 4, person: 0 },
    { do: "run", ms: 66 },
  ]);
});

Deno.test("relays of ours with an original between them see each other through it", () => {
  // That a link of its own was lost an original tells nobody, so these links hold.
  holds([
    { relays: 3, links: chain(3), originals: [1] },
    { relays: 5, links: chain(5), originals: [2] },
  ], fc.oneof(personStep, wait));
});

Deno.test("an original beside a link of ours contradicts nobody for long", () => {
  const inner = fc.record({
    do: fc.constantFrom("cut" as const, "block" as const, "unblock" as const),
    link: fc.constant(0),
  });
  holds([
    { relays: 3, links: [[0, 1], [1, 2], [0, 2]], originals: [2] },
    { relays: 4, links: [[0, 1], [1, 2], [2, 3], [3, 0]], originals: [2] },
  ], fc.oneof(personStep, personStep, wait, inner));
});
