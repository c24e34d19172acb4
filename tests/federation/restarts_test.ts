/** Relays that start in any order, die, and come back: nobody who is gone stays on a list, and talk goes on. */
import assert from "node:assert/strict";
import { meshTest } from "./mesh_test_case.ts";
import { everybodySees, type Mesh, type Person, sees } from "./mesh_rig.ts";
import { conversation, settled, Talk } from "./talk.ts";
import { chain, mutual, ring } from "./topology.ts";
import { limitOf } from "./within.ts";

const clientsOf = (people: readonly Person[]) => people.map(({ client }) => client);

async function oneOnEach(mesh: Mesh): Promise<Person[]> {
  const people = await Promise.all(mesh.nodes.map((_, i) => mesh.join(i)));
  await everybodySees(people);
  return people;
}

/** Once the ways are what they will be, not one packet is missing or in disorder. */
async function goesOn(people: readonly Person[]): Promise<void> {
  await settled(clientsOf(people), limitOf("recovery"));
  await conversation(clientsOf(people), 20);
}

const others = (people: readonly Person[], number: number) => people.filter((_, i) => i !== number);

for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
  const names = order.map((i) => "ABC"[i]).join(", ");
  meshTest(
    `a chain A, B, C that is started in the order ${names} comes together, whoever joins in between`,
    { size: 3, edges: chain(3), idle: true },
    async (mesh) => {
      const people: Person[] = [];
      for (const i of order) {
        await mesh.node(i).start();
        people.push(await mesh.join(i));
      }
      await everybodySees(people);
      await goesOn(people);
    },
  );
}

meshTest(
  "any relay of a triangle can be killed and started again, and is back with new people and without the old ones",
  { size: 3, edges: mutual(ring(3)) },
  async (mesh) => {
    let people = await oneOnEach(mesh);
    for (const i of mesh.nodes.keys()) {
      await mesh.node(i).kill();
      await mesh.node(i).start();
      const back = await mesh.join(i);
      people = people.map((person, j) => i === j ? back : person);
      await everybodySees(people, limitOf("ghosts"));
      await goesOn(people);
    }
  },
);

meshTest(
  "any relay of a chain can be killed and started again, also where only the others dial it",
  { size: 3, edges: [[0, 1], [2, 1]] },
  async (mesh) => {
    let people = await oneOnEach(mesh);
    for (const i of [1, 2]) {
      await mesh.node(i).kill();
      const left = others(people, i);
      // Behind the middle one everybody else is out of reach too.
      if (i === 1) { for (const person of left) await sees(person, [person], limitOf("ghosts")); }
      else await everybodySees(left, limitOf("ghosts"));
      await mesh.node(i).start();
      const back = await mesh.join(i);
      people = people.map((person, j) => i === j ? back : person);
      await everybodySees(people);
      await goesOn(people);
    }
  },
);

meshTest(
  "a relay that is stopped is gone at once, and whoever was on it",
  { size: 3, edges: chain(3) },
  async (mesh) => {
    const people = await oneOnEach(mesh);
    people[2]!.client.leave();
    await everybodySees(people.slice(0, 2));
    const again = await mesh.join(2);
    await everybodySees([...people.slice(0, 2), again]);
    again.client.leave();
    await mesh.node(2).stop();
    await everybodySees(people.slice(0, 2), limitOf("ghosts"));
    await goesOn(people.slice(0, 2));
  },
);

meshTest(
  "when the relay between two others of a ring is killed, their talk goes on the other way round",
  { size: 4, edges: ring(4) },
  async (mesh) => {
    const [speaker, listener] = [await mesh.join(0), await mesh.join(2)];
    await everybodySees([speaker, listener]);
    for (const middle of [1, 3]) {
      const talk = await Talk.begin(speaker.client);
      await talk.isHeard(listener.client, 0, limitOf("recovery"));
      await mesh.node(middle).kill();
      // What is sent from now on can only come the other way.
      await talk.isHeard(listener.client, talk.sent.length, limitOf("recovery"));
      talk.stop();
      talk.neverTwice(listener.client);
      assert.deepEqual(talk.heardBy(speaker.client), []);
      await everybodySees([speaker, listener], limitOf("ghosts"));
      await mesh.node(middle).start();
      await mesh.linked();
      await everybodySees([speaker, listener]);
      await goesOn([speaker, listener]);
    }
  },
);
