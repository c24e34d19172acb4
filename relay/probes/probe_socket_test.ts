import assert from "node:assert/strict";
import { RelayCertificate } from "../../proto/certificate.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { type Clock, systemClock } from "../../quic/clock.ts";
import type { Connection, Incoming } from "../../quic/port.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { createCounters } from "../counters/counters.ts";
import { silentLog } from "../ports/log.ts";
import { PresenceRegistry } from "../presence/presence_registry.ts";
import { RouteResolver } from "../presence/routes.ts";
import { ProbeClients } from "./probe_clients.ts";
import { ProbeService } from "./probe_service.ts";

/** Real time, but the second between pings passes in a twentieth of one. */
const hurried: Clock = {
  ...systemClock,
  every: (ms, run) => systemClock.every(ms / 20, run),
  after: (ms, run) => systemClock.after(ms / 20, run),
};

/** A relay with a real socket that has nothing but the probe service. */
async function startRelay(ip: string, port = 0) {
  const endpoint = await systemTransport.open({ ip, port });
  const own: SocketAddress = endpoint.localAddress;
  const certificate = new RelayCertificate(nodeCrypto, nodeCrypto.random(32));
  const presence = new PresenceRegistry(systemClock);
  const service = new ProbeService({
    clock: systemClock,
    counters: createCounters(),
    presence,
    routes: new RouteResolver({ presence, ownAddress: () => own }),
    ownAddresses: () => [own],
    isKnownRelay: () => true,
  });
  const listener = endpoint.listen({
    certificate: certificate.der,
    privateKey: certificate.privateKeyDer(),
  });
  const names: (string | null)[] = [];
  const connections: Connection[] = [];
  const greet = async (incoming: Incoming) => {
    // The client first looks at the certificate and walks away: a handshake that fails.
    const connection = await incoming.accept().catch(() => null);
    if (connection === null) return;
    names.push(connection.serverName);
    connections.push(connection);
    service.serve({ id: "c", name: "_probe", connection, log: silentLog });
  };
  (async () => {
    for (let next = await listener.next(); next !== null; next = await listener.next()) greet(next);
  })();
  const pins = [certificate.fingerprintBytes];
  return { own, pins, presence, names, connections, stop: () => endpoint.close(0, "shutdown") };
}

function startProbes(presence: PresenceRegistry) {
  const counters = createCounters();
  const probes = new ProbeClients({
    clock: hurried,
    transport: systemTransport,
    log: silentLog,
    counters,
    presence,
    ownAddress: () => ({ ip: "203.0.113.9", port: 4433 }),
    random: Math.random,
  });
  return { counters, probes };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = systemClock.now() + 60_000;
  while (!holds()) {
    assert(systemClock.now() < deadline, `waited too long: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const ip of ["127.0.0.1", "::1"]) {
  Deno.test(`a relay at ${ip} is measured and tells who is there, over real sockets`, async () => {
    const relay = await startRelay(ip);
    relay.presence.enter("there", null, null);
    const presence = new PresenceRegistry(systemClock);
    presence.enter("here", null, null);
    const { counters, probes } = startProbes(presence);
    probes.update([{ host: ip, port: relay.own.port, pins: relay.pins }]);
    await until("presence", () => presence.find("there") !== null);
    await until("presence there", () => relay.presence.find("here") !== null);
    assert.deepEqual(new Set(relay.names), new Set(["_probe"]));
    assert.deepEqual(relay.presence.peers().map(({ address }) => address), ["203.0.113.9:4433"]);
    const [peer] = presence.peers();
    assert.equal(
      peer!.address,
      ip === "::1" ? `[::1]:${relay.own.port}` : `${ip}:${relay.own.port}`,
    );
    await until("a measured peer", () => presence.peers()[0]?.rttMs !== null);
    await until("most pings answered", () => probes.rows()[0]!.lossPct < 50);
    assert.equal(probes.rows()[0]!.up, true);
    assert(counters.signalsReceived >= 10);
    await probes.stop();
    assert.equal((await relay.connections.at(-1)!.closed).reason, "shutdown");
    await relay.stop();
  });
}

Deno.test("a relay that closes is down at once, and another is probed beside it", async () => {
  const host = "127.0.0.1";
  const first = await startRelay(host);
  const { probes } = startProbes(new PresenceRegistry(systemClock));
  const up = (port: number) => probes.rows().find((row) => row.target === `${host}:${port}`)?.up;
  probes.update([{ host, port: first.own.port }]);
  await until("up", () => up(first.own.port) === true);
  await first.stop();
  await until("down", () => up(first.own.port) === false);
  const second = await startRelay(host);
  probes.update([first, second].map(({ own }) => ({ host, port: own.port })));
  await until("the other is up", () => up(second.own.port) === true);
  assert.equal(up(first.own.port), false);
  await probes.stop();
  await second.stop();
});
