/** `/metrics` of real relays: every series of the original that something can feed moves when it should. */
import assert from "node:assert/strict";
import { type PageFamily, readPage, valueOf } from "../../admin/metrics/testing_page.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import type { TestClient } from "../harness/test_client.ts";
import { ask, httpAddress } from "../process/raw_http.ts";
import type { MeshNode } from "./mesh_node.ts";
import { meshTest } from "./mesh_test_case.ts";
import { everybodySees } from "./mesh_rig.ts";
import { chain } from "./topology.ts";
import { within } from "./within.ts";

const HANG_MS = 60_000;
const POLL_MS = 50;

class Page {
  readonly families: ReadonlyMap<string, PageFamily>;

  constructor(text: string) {
    this.families = readPage(text);
  }

  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    return valueOf(this.families, name, labels);
  }

  /** The only sample of a family. */
  single(name: string): number | undefined {
    const samples = this.families.get(name)?.samples ?? [];
    return samples.length === 1 ? samples[0]!.value : undefined;
  }
}

async function pageOf(node: MeshNode): Promise<Page> {
  const { status, body } = await ask(await httpAddress(node.relay), "/metrics");
  assert.equal(status, 200, body);
  return new Page(body);
}

/** Waits until the page of a relay is as it should be. */
async function shows(node: MeshNode, what: string, is: (page: Page) => boolean): Promise<void> {
  await within(HANG_MS, `${what} on the page of relay ${node.name}`, async (over) => {
    while (!over.aborted && !is(await pageOf(node))) await pause();
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

function report(client: TestClient, seq: number): void {
  client.connection.sendDatagram(encodeMedia({
    codec: "Opus24k",
    seq,
    timestamp: 20 * seq,
    payload: new Uint8Array(60),
    quality: { loss_pct: 102, rtt_4ms: 50, jitter_ms: 8, bitrate_cap_kbps: 64 },
  }));
}

meshTest(
  "every metric of the original is fed, and what nothing can feed is not on the page",
  { size: 2, edges: chain(2) },
  async (mesh) => {
    const [a, b] = mesh.nodes as [MeshNode, MeshNode];
    a.config = `probe_targets = ["${b.url}"]\n` +
      "max_packets_per_second = 100000\nmax_kbit_per_second = 1000000\n";
    await a.reload();
    const empty = await pageOf(a);
    for (const gauge of ["wzp_relay_active_sessions", "wzp_relay_active_rooms"]) {
      assert.equal(empty.value(gauge), 0, gauge);
    }
    assert.equal(empty.value("wzp_relay_handshake_duration_seconds_count"), 0);

    const people = [await mesh.join(0), await mesh.join(0), await mesh.join(1)];
    const [ann, amy, ben] = people.map(({ client }) => client) as [
      TestClient,
      TestClient,
      TestClient,
    ];
    await everybodySees(people);
    const joined = await pageOf(a);
    assert.equal(joined.value("wzp_relay_active_sessions"), 2);
    assert.equal(joined.value("wzp_relay_active_rooms"), 1);
    assert.equal(joined.value("wzp_relay_handshake_duration_seconds_count"), 2);
    assert.ok(joined.value("wzp_relay_handshake_duration_seconds_sum")! > 0);
    await shows(
      a,
      "the room of the peer",
      (page) => page.value("wzp_federation_active_rooms") === 1,
    );
    assert.equal(joined.value("wzp_federation_peer_status", { peer: "B" }), 1);

    for (let seq = 1; seq <= 3; seq++) ann.speak(seq);
    report(ann, 4);
    await ben.until(() => ben.packets.length === 4);
    await amy.until(() => amy.packets.length === 4);
    const spoken = await pageOf(a);
    assert.equal(spoken.value("wzp_relay_packets_forwarded_total"), 4);
    assert.ok(spoken.value("wzp_relay_bytes_forwarded_total")! >= 4 * 60);
    const forwarded = "wzp_federation_packets_forwarded_total";
    assert.equal(spoken.value(forwarded, { direction: "out", peer: "B" }), 4);
    assert.equal((await pageOf(b)).value(forwarded, { direction: "in", peer: "A" }), 4);
    assert.equal(spoken.single("wzp_relay_session_loss_pct"), 40);
    assert.equal(spoken.single("wzp_relay_session_rtt_ms"), 200);

    ann.channel.send({
      type: "LossRecoveryUpdate",
      dred_reconstructions: 7,
      classical_plc_invocations: 3,
      frames_decoded: 100,
    });
    await shows(
      a,
      "what a decoder rebuilt and filled",
      (page) =>
        page.single("wzp_relay_session_dred_reconstructions_total") === 7 &&
        page.single("wzp_relay_session_classical_plc_total") === 3,
    );

    await shows(
      a,
      "round trips",
      (page) => page.value("wzp_federation_peer_rtt_ms", { peer: "B" })! > 0,
    );
    const target = b.url;
    await shows(a, "a probe", (page) => page.value("wzp_probe_rtt_ms", { target })! > 0);
    const probed = await pageOf(a);
    assert.equal(probed.value("wzp_probe_up", { target }), 1);
    assert.ok(probed.value("wzp_probe_loss_pct", { target })! <= 100);
    assert.ok(probed.value("wzp_probe_jitter_ms", { target })! >= 0);

    // The same packet again, within two seconds, is a duplicate to the other relay.
    for (let copy = 0; copy < 2; copy++) ann.speak(5);
    await shows(
      b,
      "a duplicate",
      (page) => page.value("wzp_federation_packets_deduped_total")! > 0,
    );
    let seq = 100;
    await shows(b, "the rate limit", (page) => {
      for (let i = 0; i < 200; i++) ann.speak(seq++ & 0xffff);
      return page.value("wzp_federation_packets_rate_limited_total")! > 0;
    });

    const page = await pageOf(a);
    for (const name of ["jitter_buffer_depth", "underruns_total", "overruns_total"]) {
      assert.ok(!page.families.has(`wzp_relay_session_${name}`), name);
    }

    ann.leave();
    amy.leave();
    await shows(a, "no session", (page) =>
      page.value("wzp_relay_active_sessions") === 0 &&
      page.value("wzp_relay_active_rooms") === 0 &&
      ![...page.families.keys()].some((name) => name.startsWith("wzp_relay_session_")));
    ben.leave();
    await b.stop();
    await shows(
      a,
      "a peer that is gone",
      (page) =>
        page.value("wzp_federation_peer_status", { peer: "B" }) === 0 &&
        page.value("wzp_federation_peer_rtt_ms", { peer: "B" }) === undefined &&
        page.value("wzp_probe_up", { target }) === 0 &&
        page.value("wzp_federation_active_rooms") === 0,
    );
  },
);
