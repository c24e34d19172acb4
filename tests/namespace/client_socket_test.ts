/** The client on machines whose sockets are for one family only, and on one that has both. */
import assert from "node:assert/strict";
import { namespaceObstacle, type Network, withNamespaces } from "../harness/namespaces.ts";
import { runRelay, startRelay } from "../harness/relay_process.ts";
import { testUnless } from "../harness/skips.ts";

interface NatReport {
  readonly nat: string;
  readonly relays: readonly {
    readonly relay: string;
    readonly observed_addr: string | null;
    readonly error: string | null;
  }[];
}

/** What the client tells of two relays, the first of which decides the family where there is only one. */
async function nat(network: Network, settings: string, ...relays: string[]): Promise<NatReport> {
  const script = `${settings} exec "$@"`;
  const through = network.command("client", "sh", "-c", script, "sh");
  const finished = await runRelay({ args: ["client", "--nat", "--json", ...relays], through });
  assert.equal(finished.code, 0, finished.stderr);
  return JSON.parse(finished.stdout);
}

function seen({ relays }: NatReport): (string | null)[] {
  return relays.map(({ observed_addr }) => observed_addr?.replace(/:\d+$/, "") ?? null);
}

testUnless(
  await namespaceObstacle(),
  "one socket of the client asks relays of both families; where there is no such socket, those of the first one",
  async () => {
    await withNamespaces(["relay", "client"], async (network) => {
      await using _relay = await startRelay({
        args: ["--listen", ":4433"],
        through: network.command("relay"),
      });
      const ipv4 = `${network.address("relay")}:4433`;
      const ipv6 = `[${network.address6("relay")}]:4433`;
      const own = [network.address("client"), `[${network.address6("client")}]`];
      const set = (name: string) => `echo 1 >/proc/sys/net/ipv6/${name};`;

      assert.deepEqual(seen(await nat(network, "", ipv4, ipv6)), own);
      assert.deepEqual(seen(await nat(network, "", ipv6, ipv4)), own.toReversed());

      const alone = await nat(network, set("bindv6only"), ipv4, ipv6);
      assert.deepEqual(seen(alone), [own[0], null]);
      assert.equal(
        alone.relays[1]!.error,
        `The relay at ${ipv6} is not reached over IPv6 from the same socket as the first one; ask it alone.`,
      );
      assert.deepEqual(seen(await nat(network, "", ipv6, ipv4)), [own[1], null]);

      const settings = `echo 0 >/proc/sys/net/ipv6/bindv6only; ${set("conf/all/disable_ipv6")}`;
      const without = await nat(network, settings, ipv4, ipv6);
      assert.deepEqual(seen(without), [own[0], null]);
    });
  },
);
