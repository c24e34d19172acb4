/** What the adapter on Deno's QUIC does beyond the common contract. */
import assert from "node:assert/strict";
import { denoTransport } from "../../quic/deno/transport.ts";
import { SENT } from "../../quic/port.ts";
import { makeCertificate } from "./certificate.ts";
import { quicError } from "./handshakes.ts";
import { certificate, contractTest, type Pair, pattern, plain, until, withLimit } from "./rig.ts";
import { UdpProxy } from "./udp_proxy.ts";

const deno = denoTransport();
const pair: Pair = { name: "deno", client: deno, server: deno };
const local = { ip: "127.0.0.1", port: 0 };

contractTest(pair, "a dial without pin needs a certificate peek", async (rig) => {
  const dialled = rig.client.dial({ address: rig.server.localAddress, serverName: "room" });
  await assert.rejects(dialled, quicError("handshake_failed"));
});

contractTest(pair, "a dial without pin pins what the peek saw", async (rig) => {
  const asked: unknown[] = [];
  const seen = [makeCertificate().certificate, certificate.certificate];
  const peeking = denoTransport({
    peek: (...question) => {
      asked.push(question);
      return Promise.resolve(seen.shift()!);
    },
  });
  const endpoint = await peeking.open(local);
  const dial = () =>
    endpoint.dial({ address: rig.server.localAddress, serverName: "room", timeoutMs: 50_000 });
  const other = rig.incoming().then((incoming) => incoming.accept());
  await Promise.all([
    assert.rejects(dial(), quicError("pin_mismatch")),
    assert.rejects(other, quicError("handshake_failed")),
  ]);
  const same = rig.incoming().then((incoming) => incoming.accept());
  await Promise.all([dial(), same]);
  const question = { serverName: "room", alpn: "wzp", timeoutMs: 50_000 };
  assert.deepEqual(asked[1], [rig.server.localAddress, question]);
  await endpoint.close();
});

contractTest(pair, "a failed or endless peek fails the dial", async (rig) => {
  const failing = denoTransport({ peek: () => Promise.reject(new Error("nobody there")) });
  const endless = denoTransport({ peek: () => new Promise(() => {}) });
  const address = rig.server.localAddress;
  for (
    const [transport, failure] of [
      [failing, { code: "handshake_failed", message: "Handshake failed: nobody there" }],
      [endless, { code: "timeout" }],
    ] as const
  ) {
    const endpoint = await transport.open(local);
    const dialled = endpoint.dial({ address, serverName: "room", timeoutMs: 50 });
    await assert.rejects(dialled, failure);
    await endpoint.close();
  }
});

contractTest(pair, "a name TLS cannot carry is wrong use", async (rig) => {
  for (const serverName of ["a b", "room#1", "a.123"]) {
    await assert.rejects(rig.dial({ serverName }), TypeError);
  }
});

contractTest(pair, "an endpoint listens once, a client is answered once", async (rig) => {
  assert.throws(() => rig.server.listen(certificate), TypeError);
  const dialled = rig.dial();
  const incoming = await rig.incoming();
  await incoming.accept();
  await assert.rejects(incoming.accept(), TypeError);
  await dialled;
});

contractTest(pair, "a handshake that hangs can be ended", async (rig) => {
  const proxy = new UdpProxy(rig.server.localAddress);
  const dialled = rig.dial({ address: proxy.address, timeoutMs: 300 });
  const abandoned = assert.rejects(dialled, quicError("timeout"));
  const incoming = await rig.incoming();
  proxy.cut();
  // The address is the one of the proxy's far socket; the handshake is under way from here on.
  assert.equal(incoming.remoteAddress?.()?.ip, "127.0.0.1");
  const accepted = assert.rejects(incoming.accept(), quicError("aborted"));
  incoming.refuse();
  await accepted;
  await abandoned;
  await proxy.close();
});

contractTest(pair, "a client turned away after its address was read learns it", async (rig) => {
  const dialled = rig.dial().then((client) => client.closed, quicError("handshake_failed"));
  const incoming = await rig.incoming();
  assert.deepEqual(plain(incoming.remoteAddress!()!), plain(rig.client.localAddress));
  incoming.refuse();
  // Whether its own side of the handshake was complete by then depends on the packets.
  const end = await dialled;
  assert.ok(end === true || (typeof end === "object" && end.kind !== "idle"));
});

contractTest(
  pair,
  "the address of a client with another ALPN protocol is not told",
  async (rig) => {
    const dialled = assert.rejects(rig.dial({ alpn: ["h3"] }), quicError("handshake_failed"));
    const incoming = await rig.incoming();
    assert.equal(incoming.remoteAddress!(), null);
    incoming.refuse();
    await assert.rejects(incoming.accept(), quicError("handshake_failed"));
    await dialled;
  },
);

contractTest(
  pair,
  "datagrams still waiting when the connection closes are counted",
  async (rig) => {
    const proxy = new UdpProxy(rig.server.localAddress);
    const [client] = await rig.connect({ address: proxy.address });
    proxy.cut();
    const bytes = pattern(1_000);
    // Nothing is acknowledged any more: the transport's buffer of 1 MiB fills, then sends wait.
    for (let turn = 0; turn < 200; turn++) {
      for (let i = 0; i < 20; i++) client.sendDatagram(bytes);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const waiting = client.pendingDatagrams;
    assert.ok(waiting > 0);
    client.close();
    await until(() => client.pendingDatagrams === 0);
    assert.equal(client.droppedAfterSend, waiting);
    await proxy.close();
  },
);

contractTest(pair, "the receiver of datagrams can be replaced", async (rig) => {
  const [client, server] = await rig.connect();
  for (const size of [1, 2, 3]) {
    const received = new Promise<Uint8Array>((resolve) => server.onDatagram(resolve));
    assert.equal(client.sendDatagram(pattern(size)), SENT);
    assert.deepEqual(await received, pattern(size));
  }
});

Deno.test("deno: a process that exits after closing its endpoint has said goodbye", () =>
  withLimit((async () => {
    const endpoint = await deno.open(local);
    const listener = endpoint.listen({ ...certificate, keepAliveMs: 0 });
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--allow-net",
        "--unstable-net",
        new URL("./exiting_client.ts", import.meta.url).pathname,
        String(endpoint.localAddress.port),
        certificate.pin.join(),
      ],
    }).spawn();
    const server = await (await listener.next())!.accept();
    assert.deepEqual(await server.closed, { kind: "peer", code: 0, reason: "shutdown" });
    assert.equal((await process.status).code, 0);
    await endpoint.close();
  })()));
