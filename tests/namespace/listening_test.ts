/** Listening on every address where IPv6 sockets take IPv6 only. */
import assert from "node:assert/strict";
import { namespaceObstacle, withNamespaces } from "../harness/namespaces.ts";
import { runRelay, startRelay } from "../harness/relay_process.ts";
import { testUnless } from "../harness/skips.ts";

/** Holds an IPv4 port until it is told to end. */
const HOLD = `
const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 4433 });
console.log("ready");
await socket.receive();
`;

testUnless(
  await namespaceObstacle(),
  "with net.ipv6.bindv6only the relay has both families, or says that a port is taken",
  async () => {
    await withNamespaces(["one"], async (network) => {
      const through = network.command(
        "one",
        ...["sh", "-c", 'echo 1 >/proc/sys/net/ipv6/bindv6only && exec "$@"', "sh"],
      );
      const args = ["--listen", ":4433"];
      {
        await using relay = await startRelay({ through, args });
        assert.match(relay.stdout.text, /addr="?\[::\]:4433/);
        assert.match(relay.stdout.text, /addr="?0\.0\.0\.0:4433/);
        assert.deepEqual(await relay.stop(), { code: 0, signal: null });
      }
      const [program = "", ...words] = [
        ...through,
        ...[Deno.execPath(), "eval", "--unstable-net", HOLD],
      ];
      const other = new Deno.Command(program, { args: words, stdout: "piped" }).spawn();
      try {
        const reader = other.stdout.getReader();
        await reader.read();
        await reader.cancel();
        const { code, stdout, stderr } = await runRelay({ through, args });
        assert.equal(code, 69, stdout);
        assert.match(stderr, /^wzp-relay: Cannot listen on :4433: another program [^\n]*\n$/);
      } finally {
        other.kill("SIGKILL");
        await other.status;
      }
    });
  },
);
