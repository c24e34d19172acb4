/** What real relays tell their clients of other relays: on registering, on joining, and when they drain. */
import assert from "node:assert/strict";
import { SignalClient } from "../harness/signal_client.ts";
import { type Mesh, type MeshOptions } from "./mesh_rig.ts";
import { meshTest } from "./mesh_test_case.ts";
import { chain, star } from "./topology.ts";
import { within } from "./within.ts";

const LIMIT_MS = 20_000;
const POLL_MS = 100;

/** What relay `number` says of others to a client that joins a room. */
async function carriers(mesh: Mesh, number: number, room = "general"): Promise<readonly string[]> {
  const client = await (await mesh.node(number).clients()).dial(room, { caps: ["drain"] });
  const answer = await client.join();
  client.leave();
  return answer.ext!.relays;
}

/** What it says to one that registers. */
async function available(mesh: Mesh, number: number) {
  const client = await SignalClient.dial(await mesh.node(number).clients());
  const ack = await client.register();
  client.leave();
  return ack;
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  await within(LIMIT_MS, what, async (over) => {
    while (!over.aborted && !await holds()) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  });
}

const entry = (mesh: Mesh, number: number) => `${mesh.node(number).name}|${mesh.node(number).url}`;
const pinned = (mesh: Mesh, number: number) =>
  `${entry(mesh, number)}|${mesh.node(number).certificate.fingerprintBytes.toHex()}`;
const names = (relays: readonly string[]) => relays.map((text) => text.split("|")[0]).sort();

const REGIONS: Partial<MeshOptions> = { config: (node) => `region = "region-${node}"\n` };

meshTest(
  "who registers is told the region and the relays that can be used: linked peers, and those behind them",
  { size: 3, edges: chain(3), ...REGIONS },
  async (mesh) => {
    await eventually(
      "both other relays in the list of A",
      async () => names((await available(mesh, 0)).available_relays).join() === "B,C",
    );
    const ack = await available(mesh, 0);
    assert.equal(ack.relay_region, "region-0");
    assert.deepEqual(ack.available_relays, [entry(mesh, 1), entry(mesh, 2)]);
    await mesh.node(1).kill();
    await eventually(
      "an empty list",
      async () => (await available(mesh, 0)).available_relays.length === 0,
    );
  },
);

meshTest(
  "who joins is told the neighbours that share the room, empty there or not, with their fingerprints",
  { size: 3, edges: star(3) },
  async (mesh) => {
    mesh.node(2).globalRooms = ["general", "other"];
    await mesh.node(2).reload();
    await eventually("two neighbours", async () => (await carriers(mesh, 0)).length === 2);
    assert.deepEqual(
      [...await carriers(mesh, 0)].sort(),
      [pinned(mesh, 1), pinned(mesh, 2)].sort(),
    );
    // B and C are not linked, so A is all they know.
    assert.deepEqual(await carriers(mesh, 1), [pinned(mesh, 0)]);
    assert.deepEqual(await carriers(mesh, 0, "private"), []);
    mesh.node(1).globalRooms = ["other"];
    await mesh.node(1).reload();
    await eventually("one neighbour", async () => (await carriers(mesh, 0)).length === 1);
    assert.deepEqual(await carriers(mesh, 0), [pinned(mesh, 2)]);
    await mesh.node(2).kill();
    await eventually("none", async () => (await carriers(mesh, 0)).length === 0);
  },
);

meshTest(
  "a relay that drains says where each room is carried, and is itself no longer named by others",
  { size: 2, edges: chain(2), globalRooms: ["general"] },
  async (mesh) => {
    await eventually("a neighbour", async () => (await carriers(mesh, 1)).length === 1);
    const shared = await mesh.join(0, "general", { caps: ["drain"] });
    const alone = await mesh.join(0, "private", { caps: ["drain"] });
    const registered = await mesh.register(0, { caps: ["drain"] });
    // The call holds the drain up.
    mesh.node(0).relay.signal("SIGTERM");
    const notice = async ({ client }: typeof shared) => {
      await client.until(() => client.received("RelayDraining").length > 0);
      return client.received("RelayDraining")[0]!.relays;
    };
    assert.deepEqual(await notice(shared), [entry(mesh, 1)]);
    assert.deepEqual(await notice(alone), []);
    assert.deepEqual((await registered.take("RelayDraining")).relays, [entry(mesh, 1)]);
    await eventually("nowhere to go", async () => (await carriers(mesh, 1)).length === 0);
    for (const { client } of [shared, alone]) client.leave();
  },
);
