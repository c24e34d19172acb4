/** A relay that is known and hostile disturbs neither what two others say to each other, nor the log. */
import assert from "node:assert/strict";
import { encodeLinkMedia } from "../../proto/link_datagram.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { roomHash } from "../../proto/room_hash.ts";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import { offer } from "../../relay/calls/testing_rig.ts";
import { HostileRelay } from "./hostile_relay.ts";
import { meshTest } from "./mesh_test_case.ts";
import { everybodySees, introduce, linksOf, type Mesh } from "./mesh_rig.ts";
import { conversation } from "./talk.ts";

const DAY = 24 * 3_600_000;
const HOSTILE = 2;

/** What it says of the two others, in numbers that they could not go above. */
function lies(mesh: Mesh): KnownSignal[] {
  const hostile = mesh.node(HOSTILE).fingerprint;
  const numbers = [1_000, 23 * 3_600_000, DAY + 1_800_000, 2 * DAY].map((ms) => Date.now() + ms);
  return [...numbers, 2 ** 53 - 2 ** 20, 2 ** 53].flatMap((seq) =>
    [mesh.node(0), mesh.node(1)].flatMap(({ fingerprint }): KnownSignal[] => [
      {
        type: "RoomState",
        relay: fingerprint,
        label: "a|b\n",
        seq,
        room: "general",
        members: [],
      },
      { type: "DirectoryUpdate", relay: fingerprint, seq, full: true, add: ["x|y"], remove: [] },
      {
        type: "RelayState",
        relay: fingerprint,
        label: "a|b\n",
        region: "\u0000",
        addr: "nowhere",
        build: "x".repeat(10_000),
        load: 1e30,
        draining: true,
        udp_port: null,
        seq,
        links: [{ relay: hostile, rtt_ms: 0, loss_pct: 0, legacy: false }],
      },
    ])
  );
}

meshTest(
  "a known relay that lies about others and takes their names is heard by nobody, and once it is gone nothing is left",
  { size: 3, edges: [[0, 1], [1, 0]], idle: true },
  async (mesh) => {
    introduce(mesh.node(HOSTILE), mesh.node(0));
    for (const i of [0, 1]) await mesh.node(i).start();
    await linksOf(mesh.node(0), (up) => up.includes("B"));
    const people = [await mesh.join(0), await mesh.join(1)];
    await everybodySees(people);
    const callee = await mesh.register(1);
    await using hostile = await HostileRelay.as(mesh.node(HOSTILE));
    const link = await hostile.link(mesh.node(0));
    for (const lie of lies(mesh)) link.send(lie);
    for (let i = 0; i < 50; i++) {
      link.send({
        type: "FederatedSignalForward",
        inner: offer(callee.fingerprint, callee.fingerprint, { call_id: `c${i}` }),
        origin_relay_fp: hostile.certificate.fingerprint,
        ext: {
          v: 1,
          caps: [],
          ttl: 8,
          path: [hostile.certificate.fingerprint],
          target_relay: null,
        },
      });
    }
    await link.channel.flushed();
    const counters = () => mesh.node(0).relay.counters();
    // More than one relay may send, in the name of the other one.
    const origin = mesh.node(1).certificate.fingerprintBytes.subarray(0, 8);
    const limited = async () => (await counters())["wzp_federation_packets_rate_limited_total"];
    for (let i = 0; i % 200 !== 0 || i === 0 || await limited() === 0; i++) {
      const payload = nodeCrypto.random(20);
      link.connection.sendDatagram(encodeLinkMedia({
        hopsLeft: 8,
        roomHash: roomHash(nodeCrypto, "general"),
        origin,
        sender: 1,
        packet: encodeMedia({ codec: "Opus24k", seq: 60_000, timestamp: i, payload }),
      }));
    }
    // Whoever joins and leaves now is seen, so that numbers were not used up; and everything is heard.
    const late = await mesh.join(1);
    await everybodySees([...people, late]);
    const counted = await counters();
    const ignored = counted["wzp_federation_announcements_ignored_total"] as { malformed: number };
    assert.ok(ignored.malformed > 0);
    assert.equal(counted["wzp_relay_internal_errors_total"], 0);
    await callee.nothingMore();
    link.connection.close(0, "gone");
    await linksOf(mesh.node(0), (up) => up.length === 1);
    await everybodySees([...people, late]);
    await conversation([...people, late].map(({ client }) => client), 20);
    for (const node of [mesh.node(0), mesh.node(1)]) {
      assert.doesNotMatch(node.output, /^\s+at .*:\d+:\d+/m);
      assert.ok(node.output.split("\n").filter((line) => line.includes("WARN")).length < 20);
    }
  },
);
