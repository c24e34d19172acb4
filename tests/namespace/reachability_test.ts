/** A relay and a client on machines of their own. */
import assert from "node:assert/strict";
import { namespaceObstacle, withNamespaces } from "../harness/namespaces.ts";
import { runRelay, startRelay } from "../harness/relay_process.ts";
import { testUnless } from "../harness/skips.ts";

testUnless(
  await namespaceObstacle(),
  "a relay on every address is reached from another machine over IPv4 and IPv6",
  async () => {
    await withNamespaces(["relay", "client"], async (network) => {
      await using relay = await startRelay({
        args: ["--listen", ":4433"],
        through: network.command("relay"),
      });
      const ping = (address: string) =>
        runRelay({
          args: ["client", "--ping", "--count", "1", `${address}:4433`],
          through: network.command("client"),
        });
      for (const address of [network.address("relay"), `[${network.address6("relay")}]`]) {
        const { code, stdout, stderr } = await ping(address);
        assert.equal(code, 0, stderr);
        assert.ok(stdout.includes(relay.tlsFingerprint), stdout);
      }
      assert.deepEqual(await relay.stop(), { code: 0, signal: null });
    });
  },
);
