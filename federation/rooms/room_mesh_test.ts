import assert from "node:assert/strict";
import fc from "fast-check";
import { hashRoomName } from "../../proto/room_name.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { TestingMesh } from "../testing_mesh.ts";
import {
  chain,
  fullMesh,
  type MeshGraph,
  type MeshStep,
  ring,
  star,
} from "../testing_mesh_graph.ts";
import { TestingNode } from "./testing_node.ts";
import { TestingReachability } from "./testing_reachability.ts";

const ROOMS = ["general", "podcast"] as const;
/** Links notice that they are dead, come back, and everybody hears of it. */
const SETTLE_MS = 8_000;
/** Two sweeps of a relay. */
const SWEEPS_MS = 10_000;

type RoomStep = {
  readonly do: "join" | "leave";
  readonly relay: number;
  readonly room: number;
  readonly person: number;
  readonly hashed: boolean;
};

function start(relays: number, links: MeshGraph, seed: number, reorderMs = 60) {
  const mesh: TestingMesh<TestingNode> = new TestingMesh({
    relays,
    links,
    seed,
    create: (site) =>
      new TestingNode({
        site,
        mesh: new TestingReachability(site, () => mesh ?? null),
        globalRooms: ROOMS,
        // The others go by what their neighbours call them.
        name: site.index % 2 === 0 ? `relay-${site.index}` : null,
        reorderMs,
      }),
  });
  return mesh;
}

function apply(mesh: TestingMesh<TestingNode>, step: RoomStep | MeshStep): void {
  if (!("person" in step)) return mesh.apply(step);
  const node = mesh.node(step.relay % mesh.size);
  const room = ROOMS[step.room % ROOMS.length]!;
  const person = `person-${step.person}`;
  if (step.do === "leave") node?.leave(room, person);
  else node?.join(step.hashed ? hashRoomName(nodeCrypto, room) : room, person);
}

/** Fails unless every relay's clients and tables say what is so. */
function assertTruth(mesh: TestingMesh<TestingNode>): void {
  for (const { index, node } of mesh.running()) {
    for (const room of ROOMS) {
      const homes = new Map<string, Set<string>>();
      const announced = new Map<string, number>();
      for (const other of mesh.reachable(index)) {
        const there = new Set(mesh.node(other)?.locals(room));
        if (other === index) continue;
        if (there.size > 0) announced.set(mesh.keys[other]!, there.size);
        for (const person of there) {
          homes.set(person, (homes.get(person) ?? new Set()).add(`relay-${other}`));
        }
      }
      const remote = node.rooms.remote(room);
      assert.deepEqual(
        remote.map(({ fingerprint }) => fingerprint).sort(),
        [...homes.keys()].sort(),
        `relay ${index}, ${room}`,
      );
      for (const { fingerprint, relay_label } of remote) {
        assert.ok(homes.get(fingerprint)!.has(relay_label!), `${fingerprint} at ${relay_label}`);
      }
      const local = node.locals(room);
      const told = node.told.get(room)?.map(({ fingerprint }) => fingerprint) ?? null;
      assert.deepEqual(
        told === null ? null : new Set(told),
        local.length === 0 ? null : new Set([...local, ...homes.keys()]),
      );
      const route = node.rooms.routing.byName(room)!;
      assert.deepEqual(new Map(route.announced), announced);
      assert.equal(route.targets.length > 0, announced.size > 0);
      assert.ok(route.targets.every((link) => node.links.get(link.relay) === link));
    }
  }
}

const meshStep: fc.Arbitrary<MeshStep> = fc.oneof(
  fc.record({
    do: fc.constantFrom("cut" as const, "block" as const, "unblock" as const, "renew" as const),
    link: fc.nat(14),
  }),
  fc.record({ do: fc.constantFrom("stop" as const, "start" as const), relay: fc.nat(5) }),
  fc.record({
    do: fc.constant("restart" as const),
    relay: fc.nat(5),
    wallOffsetMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
  }),
  fc.record({ do: fc.constant("partition" as const), sides: fc.nat(63) }),
  fc.record({ do: fc.constant("heal" as const) }),
);
const roomStep: fc.Arbitrary<RoomStep> = fc.record({
  do: fc.constantFrom("join" as const, "join" as const, "leave" as const),
  relay: fc.nat(5),
  room: fc.nat(1),
  person: fc.nat(5),
  hashed: fc.boolean(),
});
const wait: fc.Arbitrary<MeshStep> = fc.record({
  do: fc.constant("run" as const),
  ms: fc.oneof(fc.nat(300), fc.nat(5_000), fc.integer({ min: 50_000, max: 130_000 })),
});

Deno.test("whatever happens, every relay's lists are the truth two sweeps later, and silence follows", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 2, max: 6 }),
      fc.constantFrom(chain, ring, star, fullMesh),
      fc.array(
        fc.oneof(
          { weight: 4, arbitrary: roomStep },
          { weight: 3, arbitrary: meshStep },
          { weight: 2, arbitrary: wait },
        ),
        { maxLength: 30 },
      ),
      (seed, relays, links, steps) => {
        const mesh = start(relays, links(relays), seed);
        for (const step of steps) apply(mesh, step);
        mesh.run(SETTLE_MS + SWEEPS_MS);
        assertTruth(mesh);
        mesh.heal();
        mesh.run(SETTLE_MS + SWEEPS_MS);
        assertTruth(mesh);
        assert.equal(mesh.run(200_000), 0, "nothing is sent any more");
        assertTruth(mesh);
      },
    ),
    { numRuns: Number(Deno.env.get("ROOM_MESH_RUNS") ?? 60) },
  );
});
