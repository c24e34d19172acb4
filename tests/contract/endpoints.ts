/** What a transport must do with its sockets. */
import assert from "node:assert/strict";
import { quicError } from "./handshakes.ts";
import { certificate, contractTest, echo, type Pair, pattern, plain, withLimit } from "./rig.ts";

export function endpointContract(pair: Pair): void {
  contractTest(pair, "both sides see the address of the other", async (rig) => {
    const [client, server] = await rig.connect();
    assert.deepEqual(plain(server.remoteAddress), plain(rig.client.localAddress));
    assert.deepEqual(plain(client.remoteAddress), plain(rig.server.localAddress));
    assert.equal(rig.client.localAddress.ip, "127.0.0.1");
  });

  contractTest(pair, "IPv6 works like IPv4", async (rig) => {
    const [client, server] = await rig.connect();
    assert.deepEqual(plain(server.remoteAddress), plain(rig.client.localAddress));
    assert.deepEqual(plain(client.remoteAddress), plain(rig.server.localAddress));
    assert.equal(rig.server.localAddress.ip, "::1");
    assert.deepEqual(await echo(client, server)(pattern(9)), pattern(9));
  }, { ip: "::1" });

  contractTest(pair, "one socket on all addresses dials both families", async (rig) => {
    const client = await pair.client.open({ ip: "::", port: 0 });
    const ipv6 = await pair.server.open({ ip: "::1", port: 0 });
    for (
      const [server, listener] of [
        [rig.server, rig.listener],
        [ipv6, ipv6.listen(certificate)],
      ] as const
    ) {
      const address = server.localAddress;
      const [near, far] = await Promise.all([
        client.dial({ address, serverName: "room", pin: certificate.pin }),
        listener.next().then((incoming) => incoming!.accept()),
      ]);
      assert.deepEqual(plain(near.remoteAddress), plain(address));
      assert.deepEqual(plain(far.remoteAddress), {
        ip: address.ip,
        port: client.localAddress.port,
      });
      assert.deepEqual(await echo(near, far)(pattern(9)), pattern(9));
    }
    await Promise.all([client.close(), ipv6.close()]);
  });

  if (pair.loopbackOnly !== true) {
    contractTest(pair, "on a socket for both families IPv4 addresses are plain", async (rig) => {
      const { port } = rig.server.localAddress;
      const [client, server] = await rig.connect({ address: { ip: "127.0.0.1", port } });
      assert.equal(server.remoteAddress.ip, "127.0.0.1");
      assert.deepEqual(plain(client.remoteAddress), { ip: "127.0.0.1", port });
    }, { ip: "::" });
  }

  contractTest(pair, "one endpoint carries several connections", async (rig) => {
    const [firstClient, firstServer] = await rig.connect({ serverName: "first" });
    const [secondClient, secondServer] = await rig.connect({ serverName: "second" });
    assert.equal(firstServer.serverName, "first");
    assert.equal(secondServer.serverName, "second");
    assert.deepEqual(plain(firstServer.remoteAddress), plain(secondServer.remoteAddress));
    firstClient.close();
    await firstServer.closed;
    assert.deepEqual(await echo(secondClient, secondServer)(pattern(7)), pattern(7));
  });

  contractTest(pair, "an endpoint that listens also dials, from the same port", async (rig) => {
    const dialler = await pair.server.open({ ip: "127.0.0.1", port: 0 });
    const listener = dialler.listen(certificate);
    const accepted = rig.incoming().then((incoming) => incoming.accept());
    const [client, server] = await Promise.all([
      dialler.dial({
        address: rig.server.localAddress,
        serverName: "_federation",
        pin: certificate.pin,
      }),
      accepted,
    ]);
    assert.deepEqual(plain(server.remoteAddress), plain(dialler.localAddress));
    assert.deepEqual(await echo(client, server)(pattern(7)), pattern(7));
    // Dialling has not disturbed its listener.
    const [back] = await Promise.all([
      rig.server.dial({
        address: dialler.localAddress,
        serverName: "_federation",
        pin: certificate.pin,
      }),
      listener.next().then((incoming) => incoming!.accept()),
    ]);
    assert.deepEqual(plain(back.remoteAddress), plain(dialler.localAddress));
    await dialler.close();
  });

  contractTest(pair, "a stopped listener turns clients away and keeps the others", async (rig) => {
    const [client, server] = await rig.connect();
    const waiting = rig.listener.next();
    rig.listener.stop();
    assert.equal(await waiting, null);
    assert.equal(await rig.listener.next(), null);
    await assert.rejects(rig.dial({ timeoutMs: 5_000 }), quicError("handshake_failed", "timeout"));
    assert.deepEqual(await echo(client, server)(pattern(7)), pattern(7));
  });

  contractTest(pair, "closing an endpoint closes its connections and its listener", async (rig) => {
    const [first, firstServer] = await rig.connect();
    const [second] = await rig.connect();
    const waiting = rig.listener.next();
    await rig.server.close(0, "going");
    assert.deepEqual(await first.closed, { kind: "peer", code: 0, reason: "going" });
    assert.deepEqual(await second.closed, { kind: "peer", code: 0, reason: "going" });
    assert.deepEqual(await firstServer.closed, { kind: "local", code: 0, reason: "going" });
    assert.equal(await waiting, null);
    await rig.server.close(1, "again");
    await assert.rejects(
      rig.server.dial({
        address: rig.client.localAddress,
        serverName: "room",
        pin: certificate.pin,
      }),
      quicError("closed"),
    );
    await assert.rejects(rig.dial({ timeoutMs: 300 }), quicError("handshake_failed", "timeout"));
  });

  contractTest(pair, "a dial that is under way ends with its endpoint", async (rig) => {
    const dialled = assert.rejects(rig.dial(), quicError("closed", "handshake_failed"));
    await rig.incoming();
    await rig.client.close();
    await dialled;
  });

  for (const transport of new Set([pair.server, pair.client])) {
    Deno.test(`${pair.name}: ${transport.name}: an address in use is told`, () =>
      withLimit((async () => {
        const endpoint = await transport.open({ ip: "127.0.0.1", port: 0 });
        await assert.rejects(transport.open(endpoint.localAddress), quicError("address_in_use"));
        await endpoint.close();
      })()));

    Deno.test(`${pair.name}: ${transport.name}: a foreign address cannot be bound`, () =>
      withLimit(
        // From a block reserved for documentation.
        assert.rejects(transport.open({ ip: "192.0.2.1", port: 0 }), quicError("cannot_bind")),
      ));
  }
}
