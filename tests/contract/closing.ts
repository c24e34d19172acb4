/** What a transport must tell when a connection ends. */
import assert from "node:assert/strict";
import type { Connection } from "../../quic/port.ts";
import { quicError } from "./handshakes.ts";
import { contractTest, echo, type Pair, pattern, until } from "./rig.ts";
import { UdpProxy } from "./udp_proxy.ts";

export function closingContract(pair: Pair): void {
  contractTest(pair, "codes and reasons of a close arrive both ways", async (rig) => {
    for (const [code, reason] of [[0, "normal close"], [0, ""], [77, "hangup"]] as const) {
      for (const closer of [0, 1]) {
        const sides = await rig.connect();
        const [near, far] = [sides[closer]!, sides[1 - closer]!];
        assert.equal(near.closeInfo, null);
        near.close(code, reason);
        assert.deepEqual(await far.closed, { kind: "peer", code, reason });
        assert.deepEqual(far.closeInfo, { kind: "peer", code, reason });
        assert.deepEqual(await near.closed, { kind: "local", code, reason });
        assert.deepEqual(near.closeInfo, { kind: "local", code, reason });
      }
    }
  });

  contractTest(pair, "closing again changes nothing", async (rig) => {
    const [client, server] = await rig.connect();
    client.close(1, "first");
    client.close(2, "second");
    assert.deepEqual(await server.closed, { kind: "peer", code: 1, reason: "first" });
    server.close(3, "third");
    assert.deepEqual(server.closeInfo, { kind: "peer", code: 1, reason: "first" });
    assert.deepEqual(await client.closed, { kind: "local", code: 1, reason: "first" });
  });

  contractTest(pair, "a client that closes at once is still accepted", async (rig) => {
    const dialled = rig.dial({ serverName: "ping" }).then((client) => client.close(0, "done"));
    const server = await (await rig.incoming()).accept();
    await dialled;
    assert.equal(server.serverName, "ping");
    assert.deepEqual(await server.closed, { kind: "peer", code: 0, reason: "done" });
  });

  contractTest(pair, "whatever waits for a connection ends with it", async (rig) => {
    for (const closer of [0, 1]) {
      const sides = await rig.connect();
      const waits = await Promise.all(sides.map(waitForEverything));
      sides[closer]!.close();
      await Promise.all(waits.map((wait) => wait.ended));
      for (const side of sides) {
        await assert.rejects(side.openBidi(), quicError("closed"));
        await assert.rejects(side.openUni(), quicError("closed"));
        assert.equal(await side.acceptBidi(), null);
        assert.equal(await side.acceptUni(), null);
      }
    }
  });

  contractTest(pair, "silence ends a connection as idle on both sides", async (rig) => {
    const [client, server] = await rig.connect();
    assert.equal((await client.closed).kind, "idle");
    assert.equal((await server.closed).kind, "idle");
  }, { idleTimeoutMs: 2_000, keepAliveMs: 0 });

  contractTest(pair, "keep-alive packets are sent while nothing else is", async (rig) => {
    const proxy = new UdpProxy(rig.server.localAddress);
    const [client] = await rig.connect({ address: proxy.address });
    // Far more than the handshake and the path MTU search need.
    await until(() => proxy.fromClient > 60);
    assert.equal(client.closeInfo, null);
    await proxy.close();
  }, { keepAliveMs: 50 });

  contractTest(pair, "a peer that vanishes is found out", async (rig) => {
    const proxy = new UdpProxy(rig.server.localAddress);
    const [client, server] = await rig.connect({ address: proxy.address });
    await echo(client, server)(pattern(1));
    proxy.cut();
    client.sendDatagram(pattern(1));
    const { send } = await client.openBidi();
    await send.finish(pattern(100));
    assert.equal((await client.closed).kind, "idle");
    assert.equal((await server.closed).kind, "idle");
    await proxy.close();
  }, { idleTimeoutMs: 3_000, keepAliveMs: 500 });
}

/** Starts everything that can wait for the peer; what comes back ends when all of it has ended as it should. */
async function waitForEverything(side: Connection): Promise<{ ended: Promise<unknown> }> {
  const { receive } = await side.openBidi();
  const filled = await side.openUni();
  const ended = Promise.all([
    assert.rejects(receive.read(), quicError("closed")),
    // More than any window holds, and nobody reads it.
    assert.rejects(filled.write(new Uint8Array(4_000_000)), quicError("closed")),
    side.acceptBidi().then((stream) => assert.equal(stream, null)),
    side.closed,
  ]);
  return { ended };
}
