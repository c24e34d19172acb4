/** A client among relays near and far begins at the nearest, and when the ways change moves once and stays, whatever the jitter. */
import assert from "node:assert/strict";
import { seqOf } from "../../proto/media_header.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { freeAddresses, Mesh } from "../federation/mesh_rig.ts";
import { watched } from "../federation/mesh_test_case.ts";
import { mutual, ring } from "../federation/topology.ts";
import { DelayProxy, seededRandom } from "../harness/delay_proxy.ts";
import { Party } from "./party.ts";

/** One way, milliseconds, to each of three regions. */
const BEFORE = [10, 40, 80];
const AFTER = [120, 30, 80];
const JITTER = 0.3;
/** The change is noticed by the next round of probes, 24 s later at most; the rest is for moving back, if it did. */
const TONE_SECONDS = 75;
const CHANGE_AFTER = 10;

Deno.test("among three regions the nearest is chosen; when that becomes far the client moves once, and loses nothing", async () => {
  const addresses = freeAddresses(3);
  const proxies = addresses.map((address, i) =>
    new DelayProxy(address, { random: seededRandom(i + 1) })
  );
  const far = (ways: readonly number[]) =>
    proxies.forEach((proxy, i) => proxy.set({ delayMs: ways[i]!, jitter: JITTER }));
  far(BEFORE);
  const urls = proxies.map(({ address }) => formatSocketAddress(address));
  try {
    await using mesh = await Mesh.start({
      size: 3,
      edges: mutual(ring(3)),
      addresses,
      // Clients reach it by the long way only.
      config: (node) => `advertised_addr = "${urls[node]}"\n`,
    });
    await watched(mesh, async () => {
      const third = await mesh.join(2);
      await using talker = await Party.start(
        ...["--room", "general", "--relays", urls.toReversed().join(",")],
        ...["--send-tone", `${TONE_SECONDS}`, "--metrics-file", "metrics"],
      );
      await talker.saidSeconds(CHANGE_AFTER);
      far(AFTER);
      const report = await talker.ended();
      assert.deepEqual(
        report.moves.map(({ from, to, reason, gap_ms }) => [from, to, reason, gap_ms]),
        [[urls[0], urls[1], "better", 0]],
      );
      assert.equal(report.relay, urls[1]);
      assert.equal(report.received.packets, 0, "the talker heard itself");
      const numbers = third.client.packets.map((packet) => seqOf(packet));
      assert.equal(new Set(numbers).size, numbers.length, "a packet came twice");
      // The relay's directives may change the length of frames, so the sender's count is what is due.
      assert.equal(numbers.length, report.sent!.packets, "a packet is missing");
    });
  } finally {
    for (const proxy of proxies) await proxy.close();
  }
});
