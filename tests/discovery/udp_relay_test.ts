/** The executable forwards WireGuard packets, keeps groups over a reload, and says what stands in its way. */
import assert from "node:assert/strict";
import { RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";
import { initiation, keyOf, response, transport } from "../../udp_relay/testing_wireguard.ts";

const LIMIT_MS = 60_000;
const [A, B, C] = [keyOf(1), keyOf(2), keyOf(3)];
const groups = (...keys: string[]) =>
  `[udp_relay]\ngroups = [{ name = "g", keys = ${JSON.stringify(keys)} }]\n`;

async function start(config: string): Promise<{ relay: RelayProcess; port: number }> {
  const relay = await startRelay({ args: ["--udp-relay", "127.0.0.1:0"], config });
  const line = /UDP relay for WireGuard is listening.*127\.0\.0\.1:(\d+)/;
  const [, port] = await relay.stdout.match(line, LIMIT_MS);
  return { relay, port: Number(port) };
}

/** A peer that is a socket. */
class Peer implements Disposable {
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly #relay: Deno.NetAddr;

  constructor(port: number) {
    this.#relay = { transport: "udp", hostname: "127.0.0.1", port };
  }

  async send(bytes: Uint8Array): Promise<void> {
    await this.#socket.send(bytes, this.#relay);
  }

  /** Sends until the other one gets it: what came before may still be on its way through. */
  async sendUntil(bytes: Uint8Array, other: Peer): Promise<void> {
    const timer = setInterval(() => void this.send(bytes), 50);
    await this.send(bytes);
    try {
      while ((await other.next()).toHex() !== bytes.toHex());
    } finally {
      clearInterval(timer);
    }
  }

  async next(): Promise<Uint8Array> {
    return (await this.#socket.receive())[0].slice();
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

async function shake(ann: Peer, ben: Peer, to: string, of: string, index: number): Promise<void> {
  await ben.send(initiation(of, index));
  await ann.sendUntil(initiation(to, index + 1), ben);
  await ben.sendUntil(response(of, index + 2, index + 1), ann);
  await ann.sendUntil(transport(index + 2, 0), ben);
}

Deno.test("two peers reach each other through the executable, others do not, and a reload changes who may", async () => {
  const { relay, port } = await start(groups(A, B));
  await using _relay = relay;
  using ann = new Peer(port);
  using ben = new Peer(port);
  using eve = new Peer(port);
  await shake(ann, ben, B, A, 10);
  await eve.send(new Uint8Array(1_000));
  await eve.send(initiation(C, 1));
  await eve.send(transport(999, 1));
  await ben.sendUntil(transport(11, 0), ann);
  await relay.reload(groups(A, B, C));
  assert.match(relay.stdout.text, /configuration reloaded.*udp_relay\.groups/);
  await ann.sendUntil(transport(12, 1), ben);
  using cem = new Peer(port);
  await shake(ann, cem, C, A, 20);
  await ann.sendUntil(transport(12, 2), ben);
  assert.deepEqual(await relay.stop(), { code: 0, signal: null });
});

Deno.test("it is off unless asked for, and configuration that cannot be meant is refused with its place", async () => {
  await using relay = await startRelay({});
  assert.doesNotMatch(relay.stdout.text, /WireGuard/);
  const check = (config: string) => runRelay({ args: ["--check-config"], config });
  const twice = await check(groups(A, B, A));
  assert.equal(twice.code, 78);
  assert.match(twice.stderr, /udp_relay\.groups\[0\]\.keys\[2\] is .* once more/);
  assert.match((await check(groups(A, "nonsense"))).stderr, /WireGuard public key/);
  assert.equal((await check(groups(A, B))).code, 0);
});

Deno.test("a port that another program has ends the start with one sentence", async () => {
  const other = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr as Deno.NetAddr;
  const args = ["--listen", "127.0.0.1:0", "--udp-relay", `127.0.0.1:${port}`];
  const { code, stderr } = await runRelay({ args });
  other.close();
  assert.equal(code, 69, stderr);
  assert.match(stderr, /^wzp-relay: Cannot listen on 127\.0\.0\.1:\d+ for WireGuard: [^\n]*\n$/);
});
