/** What relays count and log of each other's packets. */
import assert from "node:assert/strict";
import { everybodySees } from "./mesh_rig.ts";
import type { MeshNode } from "./mesh_node.ts";
import { meshTest } from "./mesh_test_case.ts";
import { Talk } from "./talk.ts";
import { chain } from "./topology.ts";
import { within } from "./within.ts";

const HANG_MS = 60_000;

async function metric(node: MeshNode, name: string): Promise<Record<string, number>> {
  return ((await node.relay.counters())[name] ?? {}) as Record<string, number>;
}

async function packets(node: MeshNode, peer: string, direction: "in" | "out"): Promise<number> {
  const counts = (await node.relay.counters())["wzp_federation_packets_forwarded_total"];
  return (counts as Record<string, Record<string, number>>)[peer]?.[direction] ?? 0;
}

meshTest(
  "every packet on a link is counted at both ends and logged by who gets it, and the way is measured",
  { size: 3, edges: chain(3), config: (i) => i === 1 ? 'event_log = "events.jsonl"\n' : "" },
  async (mesh) => {
    const people = [await mesh.join(0), await mesh.join(1), await mesh.join(2)];
    const [ann, ben, cem] = people.map(({ client }) => client) as [
      typeof people[0]["client"],
      typeof people[0]["client"],
      typeof people[0]["client"],
    ];
    await everybodySees(people);
    const talk = await Talk.begin(ann);
    await talk.until(50);
    talk.stop();
    await talk.reached(ben);
    await talk.reached(cem);
    const sent = talk.sent.length;
    const [a, b, c] = mesh.nodes as [MeshNode, MeshNode, MeshNode];
    assert.equal(await packets(a, "B", "out"), sent);
    assert.equal(await packets(b, "A", "in"), sent);
    assert.equal(await packets(c, "B", "in"), sent);
    assert.equal(await packets(c, "B", "out"), 0);
    for (const node of mesh.nodes) {
      const counters = await node.relay.counters();
      assert.equal(counters["wzp_federation_packets_deduped_total"], 0);
      assert.equal(counters["wzp_federation_packets_rate_limited_total"], 0);
      assert.equal(counters["wzp_relay_internal_errors_total"], 0);
    }
    for (const [node, peers] of [[a, ["B"]], [b, ["A", "C"]], [c, ["B"]]] as const) {
      let rtts: Record<string, number> = {};
      await within(
        HANG_MS,
        () => `round trip times of ${peers}: ${JSON.stringify(rtts)}`,
        async (over) => {
          while (!over.aborted && !peers.every((peer) => rtts[peer] !== undefined)) {
            rtts = await metric(node, "wzp_federation_peer_rtt_ms");
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        },
      );
    }

    const { home } = b.relay;
    for (const { client } of people) client.leave();
    await b.stop();
    const events = (await Deno.readTextFile(`${home}/events.jsonl`)).trim().split("\n")
      .map((line) => JSON.parse(line));
    const about = (event: string) => events.filter((one) => one.event === event);
    assert.equal(about("federation_ingress").length, sent);
    assert.ok(
      about("federation_ingress").every(({ peer, codec, repair }) =>
        peer === "A" && codec === "Opus24k" && repair === false
      ),
    );
    assert.equal(about("local_deliver").length, sent);
    assert.ok(
      about("local_deliver").every(({ room, to_count }) => room === "general" && to_count === 1),
    );
  },
);
