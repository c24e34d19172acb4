/** A client that chooses its relay itself: it goes to the near one, and moves once when that becomes the far one. */
import assert from "node:assert/strict";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { watched } from "../federation/mesh_test_case.ts";
import { freeAddresses, Mesh } from "../federation/mesh_rig.ts";
import { DelayProxy } from "../harness/delay_proxy.ts";
import { Party } from "./party.ts";

/** One way. */
const NEAR_MS = 15;
const FAR_MS = 120;
/** More than the half minute in which it looks around often, and the time to measure and move. */
const TONE_SECONDS = 45;

const path = (delayMs: number) => {
  const direction = { delayMs, jitter: 0.3 };
  return { toServer: direction, toClient: direction };
};

Deno.test("when delays change the client moves once, to the relay that is near now, and the listener hears on", async () => {
  await using stack = new AsyncDisposableStack();
  const addresses = freeAddresses(2);
  const proxies = addresses.map((address, i) =>
    stack.use(new DelayProxy(address, path(i === 0 ? NEAR_MS : FAR_MS)))
  );
  const addrs = proxies.map(({ address }) => formatSocketAddress(address));
  const mesh = stack.use(
    await Mesh.start({
      size: 2,
      edges: [[0, 1], [1, 0]],
      addresses,
      config: (i) => `advertised_addr = "${addrs[i]}"`,
    }),
  );
  await watched(mesh, async () => {
    const listener = await mesh.join(1);
    const talker = stack.use(
      await Party.start(
        ...["--room", "general", "--relays", `a=${addrs[0]},b=${addrs[1]}`],
        ...["--send-tone", `${TONE_SECONDS}`, "--metrics-file", "metrics"],
      ),
    );
    const chosen = await talker.line(/^\{"event":"relay".*\}$/m);
    assert.equal(chosen.addr, addrs[0]);
    await talker.saidSeconds(3);
    proxies[0]!.set({ delayMs: FAR_MS });
    proxies[1]!.set({ delayMs: NEAR_MS });
    const report = await talker.ended();
    assert.equal(report.problem, null);
    assert.deepEqual(report.moves.map(({ from, to, gap_ms }) => [from, to, gap_ms]), [
      [addrs[0], addrs[1], 0],
    ]);
    assert.equal(report.relay, addrs[1]);
    assert.deepEqual(report.relays.map(({ relay }) => relay), addrs);
    // Not by the clock: while the way is long the relay asks for frames of twice the length.
    assert.equal(listener.client.packets.length, report.sent!.packets, "each packet once");
  });
});
