/** What a transport must do with datagrams. */
import assert from "node:assert/strict";
import { CLOSED, QUEUE_FULL, SENT, TOO_LARGE } from "../../quic/port.ts";
import { contractTest, echo, type Pair, pattern, until } from "./rig.ts";

/** What fits into the smallest QUIC packet, with a connection id of 8 bytes. */
const GUARANTEED_SIZE = 1_162;

export function datagramContract(pair: Pair): void {
  contractTest(pair, "datagrams of 1 to 1,162 bytes arrive unchanged both ways", async (rig) => {
    const [client, server] = await rig.connect();
    const sizes = [1, 2, GUARANTEED_SIZE - 1, GUARANTEED_SIZE];
    for (let size = 3; size < GUARANTEED_SIZE - 1; size += 19) sizes.push(size);
    const clientEcho = echo(client, server);
    for (const size of sizes) {
      assert.deepEqual(await clientEcho(pattern(size)), pattern(size));
    }
    const serverEcho = echo(server, client);
    for (const size of sizes) {
      assert.deepEqual(await serverEcho(pattern(size)), pattern(size));
    }
  });

  contractTest(pair, "a datagram that arrives before its receiver waits for it", async (rig) => {
    const [client, server] = await rig.connect();
    assert.equal(client.sendDatagram(pattern(20)), SENT);
    // Sent later on the same path, so the datagram is there when this has been answered.
    await (await client.openBidi()).send.finish(pattern(1));
    await server.acceptBidi();
    const received = new Promise<Uint8Array>((resolve) => server.onDatagram(resolve));
    assert.deepEqual(await received, pattern(20));
  });

  contractTest(pair, "too large a datagram is answered and nothing else happens", async (rig) => {
    const [client, server] = await rig.connect();
    for (const side of [client, server]) {
      assert.ok(side.maxDatagramSize >= GUARANTEED_SIZE);
      // The limit may grow with the path, up to what Ethernet carries.
      assert.equal(side.sendDatagram(new Uint8Array(1_500)), TOO_LARGE);
      assert.equal(side.sendDatagram(new Uint8Array(100_000)), TOO_LARGE);
      assert.equal(side.pendingDatagrams, 0);
    }
    assert.deepEqual(await echo(client, server)(pattern(5)), pattern(5));
    assert.equal(client.closeInfo, null);
  });

  const cap = 8;
  contractTest(pair, "datagrams beyond the cap are answered queue full", async (rig) => {
    const [client, server] = await rig.connect();
    let received = 0;
    server.onDatagram(() => received++);
    let accepted = 0;
    let full = 0;
    const bytes = pattern(1_000);
    for (let i = 0; i < 20_000; i++) {
      const result = client.sendDatagram(bytes);
      if (result === SENT) accepted++;
      else if (result === QUEUE_FULL) full++;
      assert.ok(client.pendingDatagrams <= cap);
    }
    assert.ok(accepted >= cap);
    assert.equal(accepted + full, 20_000);
    assert.ok(full > 0);
    await until(() => client.pendingDatagrams === 0);
    assert.equal(client.sendDatagram(bytes), SENT);
    await until(() => received > 0);
  }, { maxPendingDatagrams: cap });

  contractTest(pair, "a closed connection takes no datagrams", async (rig) => {
    const [client, server] = await rig.connect();
    client.close();
    assert.equal(client.sendDatagram(pattern(1)), CLOSED);
    await server.closed;
    assert.equal(server.sendDatagram(pattern(1)), CLOSED);
    // Nothing is left behind: the sends that were on their way are accounted for.
    await until(() => client.pendingDatagrams === 0);
  });
}
