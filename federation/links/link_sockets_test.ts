import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { systemClock } from "../../quic/clock.ts";
import type { Connection, DialOptions, Endpoint, Listener } from "../../quic/port.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import type { DialledRelay } from "../../relay/ports/federation.ts";
import { silentLog } from "../../relay/ports/log.ts";
import { createCounters } from "../../relay/ports/testing_counters.ts";
import { OwnRelay } from "../trust/own_relay.ts";
import { NO_FEDERATION, testCertificate } from "../trust/testing_relays.ts";
import { LinkTable } from "./link_table.ts";

/** A relay on a socket of its own, as far as links go. */
class SocketRelay {
  readonly table: LinkTable;
  readonly downs: string[] = [];
  readonly counters = createCounters();
  readonly dialled: Connection[] = [];
  readonly accepted: Connection[] = [];
  peers: DialledRelay[] = [];
  readonly #number: number;
  readonly #endpoint: Endpoint;

  static async open(number: number, ip = "127.0.0.1"): Promise<SocketRelay> {
    return new SocketRelay(number, await systemTransport.open({ ip, port: 0 }));
  }

  private constructor(number: number, endpoint: Endpoint) {
    this.#number = number;
    this.#endpoint = endpoint;
    const certificate = testCertificate(number);
    const settings = () => ({ ...NO_FEDERATION, peers: this.peers });
    const own = new OwnRelay({
      crypto: nodeCrypto,
      certificate,
      build: "test",
      settings,
      advertised: endpoint.localAddress,
      load: () => 0,
      draining: () => false,
      udpPort: () => null,
    });
    const dial = async (options: DialOptions) => {
      const connection = await endpoint.dial(options);
      this.dialled.push(connection);
      return connection;
    };
    this.table = new LinkTable({
      clock: systemClock,
      log: silentLog,
      counters: this.counters,
      settings,
      endpoints: [{
        localAddress: endpoint.localAddress,
        dial,
        listen: (options) => endpoint.listen(options),
        close: () => endpoint.close(),
      }],
      resolve: () => Promise.reject(new Error("no such host")),
      random: Math.random,
      own,
      handlers: [{ down: () => this.downs.push("down") }],
      onSignal() {},
      onDatagram() {},
    });
    this.#accept(endpoint.listen({
      certificate: certificate.der,
      privateKey: certificate.privateKeyDer(),
      maxBidiStreams: 16,
      maxUniStreams: 1,
    }));
  }

  get peer(): DialledRelay {
    return {
      fingerprints: [testCertificate(this.#number).fingerprintBytes.toHex()],
      label: `relay ${this.#number}`,
      allowLegacy: false,
      host: "127.0.0.1",
      port: this.#endpoint.localAddress.port,
    };
  }

  get open(): { readonly dialled: number; readonly accepted: number } {
    const count = (list: Connection[]) => list.filter(({ closeInfo }) => closeInfo === null).length;
    return { dialled: count(this.dialled), accepted: count(this.accepted) };
  }

  async close(): Promise<void> {
    await this.table.close("shutdown");
    await this.#endpoint.close(0, "shutdown");
  }

  async #accept(listener: Listener): Promise<void> {
    for (let next = await listener.next(); next !== null; next = await listener.next()) {
      next.accept().then((connection) => {
        this.accepted.push(connection);
        const id = formatSocketAddress(connection.remoteAddress);
        this.table.service.serve({ id, name: "_federation", connection, log: silentLog });
      }, () => {});
    }
  }
}

/** Waits until it is so; the test's own time limit is the limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function bothDial(round: number): Promise<void> {
  const [a, b] = [await SocketRelay.open(1), await SocketRelay.open(2)];
  a.peers = [b.peer];
  b.peers = [a.peer];
  try {
    const [first, second] = round % 2 === 0 ? [a, b] : [b, a];
    first.table.apply();
    // Together, or a fraction of a handshake apart.
    if (round % 4 >= 2) await new Promise((resolve) => setTimeout(resolve, round % 7));
    second.table.apply();
    const [low, high] = a.peer.fingerprints[0]! < b.peer.fingerprints[0]! ? [a, b] : [b, a];
    await until(() => a.table.links().length === 1 && b.table.links().length === 1);
    const links = [a.table.links()[0], b.table.links()[0]];
    await until(() =>
      low.open.dialled + low.open.accepted === 1 && high.open.dialled + high.open.accepted === 1 &&
      a.table.links()[0]!.rttMs !== null && b.table.links()[0]!.rttMs !== null
    );
    // One connection on each end, and it is the same: one end dialled what the other accepted.
    assert.equal(low.open.dialled, high.open.accepted);
    assert.equal(low.open.accepted, high.open.dialled);
    const crossed = a.dialled.length + b.dialled.length === 2;
    if (crossed && low.downs.length + high.downs.length === 0) assert.equal(low.open.dialled, 1);
    assert.deepEqual([a.table.links()[0], b.table.links()[0]], links);
    assert.deepEqual([a.downs, b.downs], [[], []]);
    assert.equal(low.table.links()[0]!.dialled, low.open.dialled === 1);
    assert.equal(high.table.links()[0]!.dialled, high.open.dialled === 1);
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

Deno.test("two relays that dial each other at once have one link on both ends, over the same connection, without a gap", async () => {
  for (let batch = 0; batch < 3; batch++) {
    await Promise.all(Array.from({ length: 8 }, (_, n) => bothDial(8 * batch + n)));
  }
});

Deno.test("a relay whose certificate is not the pinned one is refused on a real socket, and its own is learned", async () => {
  const [a, b] = [await SocketRelay.open(3), await SocketRelay.open(4)];
  try {
    const { port } = b.peer;
    a.peers = [{ ...b.peer, port, fingerprints: [testCertificate(5).fingerprintBytes.toHex()] }];
    a.table.apply();
    await until(() => a.counters.federationRefusals.get("fingerprint_mismatch") > 0);
    assert.deepEqual([a.table.links(), b.table.links()], [[], []]);
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
});
