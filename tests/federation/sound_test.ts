/** Rooms over meshes of every shape: everybody sees everybody and hears everybody else once, in order, as loud as it was. */
import assert from "node:assert/strict";
import type { TestClient } from "../harness/test_client.ts";
import { meshTest } from "./mesh_test_case.ts";
import { everybodySees, type Mesh, type Person, sees } from "./mesh_rig.ts";
import { assertLoud, conversation, Talk } from "./talk.ts";
import { chain, type Edge, mutual, ring, star } from "./topology.ts";
import { limitOf } from "./within.ts";
import { hashRoomName } from "../../proto/room_name.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";

/** Somebody on each of these relays, seen by all. */
async function gather(mesh: Mesh, nodes: readonly number[]): Promise<Person[]> {
  const people = await Promise.all(nodes.map((node) => mesh.join(node)));
  await everybodySees(people);
  return people;
}

const clientsOf = (people: readonly Person[]) => people.map(({ client }) => client);

/** Who joins while another one speaks is seen by all at once, and hears the rest without a hole. */
async function lateJoiner(mesh: Mesh, people: readonly Person[], at: number): Promise<Person> {
  const talk = await Talk.begin(people[0]!.client);
  await talk.until(10);
  const late = await mesh.join(at);
  const promise = limitOf("lateJoin");
  await Promise.all([
    talk.isHeard(late.client, 0, promise),
    everybodySees([...people, late], promise),
  ]);
  await talk.until(talk.sent.length + 20);
  talk.stop();
  await Promise.all(people.slice(1).map(({ client }) => talk.reached(client)));
  await talk.isHeard(late.client, talk.sent.length - 1, promise);
  const heard = talk.heardBy(late.client);
  assert.deepEqual(heard, talk.sent.slice(-heard.length));
  return late;
}

const shapes: readonly [name: string, size: number, edges: readonly Edge[], late: number][] = [
  ["two relays that dial each other", 2, mutual(chain(2)), 1],
  ["a chain of four, three hops long", 4, chain(4), 3],
  ["a triangle in which everybody dials everybody", 3, mutual(ring(3)), 2],
  ["a ring of four", 4, ring(4), 2],
  ["a star of five", 5, star(5), 4],
];

for (const [name, size, edges, late] of shapes) {
  meshTest(
    `${name}: everybody sees and hears everybody else, also who comes late and when some have left`,
    { size, edges },
    async (mesh) => {
      // On the relay of the one who comes late nobody is in the room before.
      const nodes = [0, ...mesh.nodes.keys()].filter((i) => i !== late);
      const people = await gather(mesh, nodes);
      const [one, other] = await conversation(clientsOf(people)) as [Talk, Talk];
      for (const { client } of people) {
        await assertLoud((client === one.speaker ? other : one).heardBy(client));
      }
      const joined = await lateJoiner(mesh, people, late);
      people[1]!.client.leave();
      const left = [joined, ...people.filter((person) => person !== people[1])];
      await everybodySees(left);
      await conversation(clientsOf(left));
    },
  );
}

meshTest(
  "relays without people in a room carry it for others, and people of one relay hear each other once",
  { size: 5, edges: star(5) },
  async (mesh) => {
    // Nobody is at the hub.
    const people = await gather(mesh, [1, 1, 3]);
    await conversation(clientsOf(people));

    // Those at other relays who say the very same at the same time are two.
    const [a, , b] = clientsOf(people) as [TestClient, TestClient, TestClient];
    const listener = await mesh.join(2);
    await everybodySees([...people, listener]);
    for (let seq = 0; seq < 20; seq++) {
      a.speak(seq);
      b.speak(seq);
    }
    await listener.client.until(() => listener.client.packets.length === 40);
    assert.deepEqual(
      listener.client.heard.toSorted((x, y) => x - y),
      Array.from({ length: 40 }, (_, i) => i >> 1),
    );
  },
);

meshTest(
  "rooms that are not shared stay at home, and a shared room is one under its name and its hash",
  { size: 2, edges: chain(2), globalRooms: ["general", "hall"] },
  async (mesh) => {
    const hashed = hashRoomName(nodeCrypto, "general");
    const [far, near, named] = [
      await mesh.join(1, "general"),
      await mesh.join(0, hashed),
      await mesh.join(0, "general"),
    ];
    const strangers = [await mesh.join(0, "kitchen"), await mesh.join(1, "kitchen")];
    const elsewhere = [await mesh.join(0, "hall"), await mesh.join(1, "hall")];
    const together = [far, near, named];
    await Promise.all([everybodySees(together), everybodySees(elsewhere)]);
    for (const stranger of strangers) await sees(stranger, [stranger]);
    await Promise.all([
      conversation(clientsOf(together)),
      conversation(clientsOf(elsewhere)),
    ]);
    for (const { client } of strangers) assert.deepEqual(client.packets, []);
  },
);
