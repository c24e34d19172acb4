import assert from "node:assert/strict";
import { DelayProxy, seededRandom } from "./delay_proxy.ts";

/** Answers every packet with the same bytes. */
class Reflector {
  readonly socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly address = { ip: "127.0.0.1", port: (this.socket.addr as Deno.NetAddr).port };
  readonly done = (async () => {
    for await (const [bytes, from] of this.socket) await this.socket.send(bytes.slice(), from);
  })();

  async close(): Promise<void> {
    this.socket.close();
    await this.done;
  }
}

async function withProxy(
  run: (
    proxy: DelayProxy,
    client: Deno.DatagramConn,
    ask: (byte: number) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const reflector = new Reflector();
  const client = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  try {
    await using proxy = new DelayProxy(reflector.address);
    const { ip: hostname, port } = proxy.address;
    const ask = async (byte: number) => {
      await client.send(Uint8Array.of(byte), { transport: "udp", hostname, port });
    };
    await run(proxy, client, ask);
  } finally {
    client.close();
    await reflector.close();
  }
}

Deno.test("packets come back after the delay of both directions, in order", () =>
  withProxy(async (proxy, client, ask) => {
    proxy.toServer.delayMs = 30;
    proxy.toClient.delayMs = 20;
    proxy.set({ jitter: 0.3 });
    const start = performance.now();
    for (const byte of [1, 2, 3, 4]) await ask(byte);
    const heard: number[] = [];
    while (heard.length < 4) heard.push((await client.receive())[0][0]!);
    assert.deepEqual(heard, [1, 2, 3, 4]);
    assert.ok(performance.now() - start >= 49, "not before the delay is over");
  }));

Deno.test("nothing passes a proxy that is cut, and everything once it is mended", () =>
  withProxy(async (proxy, client, ask) => {
    proxy.set({ delayMs: 5 });
    proxy.cut();
    await ask(1);
    while (proxy.lost === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    proxy.mend();
    await ask(2);
    assert.equal((await client.receive())[0][0], 2);
    assert.equal(proxy.fromClients, 2);
  }));

Deno.test("the random numbers of a seed are the same every time and fill the interval", () => {
  const numbers = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, random);
  };
  assert.deepEqual(numbers(7), numbers(7));
  assert.notDeepEqual(numbers(7), numbers(8));
  assert.ok(numbers(7).every((x) => x >= 0 && x < 1));
  const mean = numbers(7).reduce((a, b) => a + b) / 1000;
  assert.ok(Math.abs(mean - 0.5) < 0.05);
});
