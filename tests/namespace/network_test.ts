/** The test network itself: machines reach each other, and a cut cable cuts them off. */
import assert from "node:assert/strict";
import { namespaceObstacle, withNamespaces } from "../harness/namespaces.ts";
import { testUnless } from "../harness/skips.ts";

/** Sends each line it reads to standard output back to whoever sent a packet to it. */
const ECHO = `
const socket = Deno.listenDatagram({ transport: "udp", hostname: Deno.args[0], port: 7000 });
console.log("ready");
for await (const [bytes, from] of socket) await socket.send(bytes, from);
`;
/** Exits 0 once its packet has come back; asks again every 100 ms and gives up after some times. */
const ASK = `
const [host, tries] = Deno.args;
const socket = Deno.listenDatagram({ transport: "udp", hostname: host.includes(":") ? "::" : "0.0.0.0", port: 0 });
socket.receive().then(() => Deno.exit(0));
for (let i = 0; i < Number(tries); i++) {
  await socket.send(new Uint8Array([1]), { transport: "udp", hostname: host, port: 7000 }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 100));
}
Deno.exit(1);
`;

testUnless(
  await namespaceObstacle(),
  "machines reach each other over IPv4 and IPv6 until the cable is cut",
  async () => {
    const dir = await Deno.makeTempDir({ prefix: "wzp-network-test-" });
    await Deno.writeTextFile(`${dir}/echo.js`, ECHO);
    await Deno.writeTextFile(`${dir}/ask.js`, ASK);
    const deno = ["env", `DENO_DIR=${dir}/deno`, Deno.execPath(), "run", "-A", "--unstable-net"];
    try {
      await withNamespaces(["one", "two"], async (network) => {
        const start = (name: string, script: string, ...args: string[]) => {
          const words = network.command(name, ...deno, `${dir}/${script}`, ...args);
          const [program = "", ...rest] = words;
          return new Deno.Command(program, { args: rest, stdout: "piped" }).spawn();
        };
        for (const address of [network.address("one"), network.address6("one")]) {
          const echo = start("one", "echo.js", address);
          try {
            const reader = echo.stdout.getReader();
            await reader.read();
            await reader.cancel();
            const asks = async (tries: number) => {
              const { code } = await start("two", "ask.js", address, String(tries)).output();
              return code === 0;
            };
            assert.equal(await asks(100), true);
            await network.setLink("two", false);
            assert.equal(await asks(5), false);
            await network.setLink("two", true);
            assert.equal(await asks(100), true);
          } finally {
            echo.kill("SIGKILL");
            await echo.status;
          }
        }
      });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
);
