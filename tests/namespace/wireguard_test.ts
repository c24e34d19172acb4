/** WireGuard as it is, through the relay: while it is flooded, when peers move, and after it was killed. */
import assert from "node:assert/strict";
import { type Network, withNamespaces } from "../harness/namespaces.ts";
import { type RelayProcess, startRelay } from "../harness/relay_process.ts";
import { testUnless } from "../harness/skips.ts";
import {
  type KeyPair,
  MachineProcess,
  newKey,
  output,
  Tunnel,
  wireguardObstacle,
} from "./wireguard.ts";

const LIMIT_MS = 60_000;
const PORT = 51_820;
/** Two seconds of talk. */
const AWHILE = 20;

const obstacle = await wireguardObstacle();

function relayOn(
  network: Network,
  groups: Record<string, readonly KeyPair[]>,
): Promise<RelayProcess> {
  const blocks = Object.entries(groups).map(([name, keys]) =>
    `[[udp_relay.groups]]\nname = "${name}"\nkeys = ${
      JSON.stringify(keys.map((key) => key.public))
    }\n`
  );
  return startRelay({
    args: ["--listen", ":4433", "--udp-relay", `:${PORT}`],
    config: blocks.join(""),
    through: network.command("relay"),
  });
}

testUnless(
  obstacle,
  "a tunnel through the relay lasts while others flood it, a peer moves, and the relay is killed",
  () =>
    withNamespaces(["relay", "ann", "ben", "eve"], async (network) => {
      const [ann, ben] = [
        { key: await newKey(), address: "10.99.0.1", port: 1_001 },
        { key: await newKey(), address: "10.99.0.2", port: 1_002 },
      ];
      const endpoint = `${network.address("relay")}:${PORT}`;
      let relay = await relayOn(network, { pair: [ann.key, ben.key] });
      try {
        await using annTunnel = await Tunnel.open(network, "ann", {
          ...ann,
          peers: [ben],
          endpoint,
        });
        await using benTunnel = await Tunnel.open(network, "ben", {
          ...ben,
          peers: [ann],
          endpoint,
        });
        const talk = async (when: string) => {
          try {
            await Promise.all([annTunnel.hears(AWHILE), benTunnel.hears(AWHILE)]);
          } catch (error) {
            throw new Error(`They do not talk ${when}`, { cause: error });
          }
        };
        await talk("at first");

        await using eve = MachineProcess.deno(
          network,
          ...["eve", "wireguard_flood.ts"] as const,
          ...[network.address("relay"), ann.key.public, ben.key.public],
        );
        await eve.stdout.match(/^waiting$/m, LIMIT_MS);
        // A handshake that is genuine, for her to repeat.
        await annTunnel.set("peer", ben.key.public, "remove");
        await annTunnel.set(
          ...["peer", ben.key.public, "allowed-ips", `${ben.address}/32`],
          ...["endpoint", `${network.address("eve")}:${PORT}`, "persistent-keepalive", "1"],
        );
        await eve.stdout.match(/^captured$/m, LIMIT_MS);
        await annTunnel.turnTo(endpoint);
        await eve.stdout.match(/^sent 6000$/m, LIMIT_MS);
        await talk("under a flood");

        await annTunnel.set("listen-port", "1003");
        await talk("from another port");
        const move = (...words: string[]) =>
          output(network.command("ben", "ip", "address", ...words, "dev", "eth0"));
        await move("delete", `${network.address("ben")}/24`);
        await move("add", "10.77.0.200/24");
        await talk("from another address");

        await relay[Symbol.asyncDispose]();
        relay = await relayOn(network, { pair: [ann.key, ben.key] });
        await talk("after a restart");
      } finally {
        await relay[Symbol.asyncDispose]();
      }
    }),
);

testUnless(
  obstacle,
  "three members of a group all reach each other, over IPv4 and IPv6, and who is taken out of it does not any more",
  () =>
    withNamespaces(["relay", "ann", "ben", "cem"], async (network) => {
      const members = await Promise.all(["ann", "ben", "cem"].map(async (machine, place) => ({
        machine,
        key: await newKey(),
        address: `10.99.0.${place + 1}`,
        port: 1_001 + place,
        endpoint: machine === "cem"
          ? `[${network.address6("relay")}]:${PORT}`
          : `${network.address("relay")}:${PORT}`,
      })));
      const keys = members.map(({ key }) => key);
      await using relay = await relayOn(network, {
        three: keys,
        others: [await newKey(), keys[0]!],
      });
      await using tunnels = new AsyncDisposableStack();
      const open = await Promise.all(members.map(async (member) => {
        const peers = members.filter((one) => one !== member);
        return tunnels.use(await Tunnel.open(network, member.machine, { ...member, peers }));
      }));
      await Promise.all(open.map((tunnel) => tunnel.hears(AWHILE)));
      await relay.reload(
        `[[udp_relay.groups]]\nname = "three"\nkeys = ${
          JSON.stringify(keys.slice(0, 2).map((key) => key.public))
        }\n`,
      );
      // Those who still share a group do not notice.
      await open[0]!.hearsFrom(members[1]!.address, AWHILE);
      const before = open[2]!.answers;
      await open[0]!.hearsFrom(members[1]!.address, AWHILE);
      assert.equal(open[2]!.answers, before);
    }),
);
