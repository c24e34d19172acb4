import assert from "node:assert/strict";
import type { SocketAddress } from "../proto/socket_address.ts";
import { QuicError } from "../quic/errors.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import { MemoryIncoming, MemoryListener } from "../quic/memory_listener.ts";
import { type MemoryConnection, memoryPair } from "../quic/memory_pair.ts";
import { type AcceptLimits, Acceptor } from "./acceptor.ts";
import { createCounters } from "./counters/counters.ts";
import { memoryLogger } from "./log/testing_sink.ts";
import { parseLevels } from "./log/levels.ts";
import type { Arrival, Service } from "./ports/service.ts";
import { ServiceTable } from "./service_table.ts";

const GENEROUS: AcceptLimits = {
  maxHandshakes: 100,
  maxHandshakesPerSource: 100,
  maxConnectionsPerSource: 100,
  handshakeTimeoutMs: 15_000,
};
const FIRST = { ip: "192.0.2.1", port: 1000 };
const SECOND = { ip: "192.0.2.2", port: 2000 };

/** Keeps what it is given. */
class Keeper implements Service {
  readonly kind = "room";
  readonly arrivals: Arrival[] = [];
  serve(arrival: Arrival): void {
    this.arrivals.push(arrival);
  }
}

function setUp(limits: Partial<AcceptLimits> = {}) {
  const clock = new ManualClock();
  const counters = createCounters();
  const keeper = new Keeper();
  const services = new ServiceTable(keeper);
  const { log, sink } = memoryLogger(clock, { settings: { levels: parseLevels("debug") } });
  const current = { ...GENEROUS, ...limits };
  let ids = 0;
  const acceptor = new Acceptor({
    clock,
    log,
    counters,
    services,
    limits: () => current,
    newId: () => `c-${++ids}`,
  });
  const listener = new MemoryListener();
  const ended = acceptor.run(listener);

  /** A client that began its handshake. */
  const begin = async (from: SocketAddress | null = FIRST) => {
    const incoming = listener.arrive(new MemoryIncoming(from));
    await settled();
    return incoming;
  };
  /** A client that is through it; its own end of the connection. */
  const connect = async (from = FIRST, serverName?: string): Promise<MemoryConnection> => {
    const [client, server] = memoryPair({
      clientAddress: from,
      ...serverName !== undefined && { serverName },
    });
    (await begin(from)).complete(server);
    await settled();
    return client;
  };
  const written = async () => {
    await log.flush();
    return sink.text;
  };
  return {
    ...{ clock, counters, keeper, services, current, acceptor, listener, ended },
    ...{ begin, connect, written },
  };
}

/** Everything that can go on without time or a client has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("a client reaches the service of the name it asked for, lower case as TLS gave it", async () => {
  const { services, keeper, connect, counters } = setUp();
  const pings: Arrival[] = [];
  services.register("ping", { kind: "ping", serve: (arrival) => void pings.push(arrival) });
  await connect(FIRST, "ping");
  await connect(FIRST, "general");
  assert.deepEqual(pings.map(({ name }) => name), ["ping"]);
  assert.deepEqual(keeper.arrivals.map(({ name, id }) => [name, id]), [["general", "c-2"]]);
  assert.equal(counters.connections.get("ping"), 1);
  assert.equal(counters.connections.get("room"), 1);
});

Deno.test("a client that sent no name asks for the default one", async () => {
  const { keeper, connect } = setUp();
  await connect();
  assert.equal(keeper.arrivals[0]?.name, "default");
});

Deno.test("a slow handshake holds up nobody else", async () => {
  const { begin, connect, keeper, counters } = setUp();
  await begin();
  await connect(FIRST, "general");
  assert.equal(keeper.arrivals.length, 1);
  assert.equal(counters.handshakesInProgress, 1);
});

Deno.test("a handshake that takes too long is given up and counted as that", async () => {
  const { begin, clock, counters, written } = setUp({ handshakeTimeoutMs: 2_000 });
  const incoming = await begin();
  clock.advance(1_999);
  assert.equal(incoming.refused, false);
  clock.advance(1);
  assert.equal(incoming.refused, true);
  await settled();
  assert.equal(counters.handshakes.get("timeout"), 1);
  assert.equal(counters.handshakes.get("failed"), 0);
  assert.equal(counters.handshakesInProgress, 0);
  assert.match(
    await written(),
    /handshake failed conn="c-1" addr=192.* reason="handshake timeout"/,
  );
});

Deno.test("no timer is left over from a handshake that ended", async () => {
  const { begin, connect, clock } = setUp();
  await connect();
  (await begin()).fail(new QuicError("handshake_failed", "no"));
  await settled();
  assert.equal(clock.pending, 0);
});

Deno.test("a failed handshake is logged with its reason and costs only itself", async () => {
  const { begin, connect, counters, keeper, written } = setUp();
  (await begin(SECOND)).fail(new QuicError("handshake_failed", "wrong ALPN"));
  await connect();
  assert.equal(counters.handshakes.get("failed"), 1);
  assert.equal(keeper.arrivals.length, 1);
  assert.match(
    await written(),
    /handshake failed conn="c-1" addr=192.0.2.2:2000 reason="wrong ALPN"/,
  );
});

Deno.test("a certificate peek is not counted as a failure", async () => {
  const { begin, counters, written } = setUp();
  (await begin()).fail(new QuicError("handshake_failed", "aborted by peer: certificate peek"));
  await settled();
  assert.equal(counters.handshakes.get("peeked"), 1);
  assert.equal(counters.handshakes.get("failed"), 0);
  assert.doesNotMatch(await written(), /handshake failed/);
});

Deno.test("an error of any other kind is a fault that is counted, and the loop goes on", async () => {
  const { begin, connect, counters, keeper, written } = setUp();
  (await begin()).fail(new TypeError("what is this"));
  await connect();
  assert.equal(counters.internalErrors, 1);
  assert.equal(counters.handshakesInProgress, 0);
  assert.equal(keeper.arrivals.length, 1);
  assert.match(await written(), /ERROR .*a client could not be taken error="what is this"/);
});

Deno.test("a client whose address cannot be read costs only itself", async () => {
  const { listener, connect, counters, keeper } = setUp();
  const broken = new MemoryIncoming();
  broken.remoteAddress = () => {
    throw new TypeError("gone already");
  };
  listener.arrive(broken);
  await connect();
  assert.equal(broken.refused, true);
  assert.equal(counters.internalErrors, 1);
  assert.equal(keeper.arrivals.length, 1);
});

Deno.test("a service that throws loses that connection, closed with code 0, and nothing else", async () => {
  const { services, connect, counters, keeper, written } = setUp();
  services.register("broken", {
    kind: "unknown",
    serve() {
      throw new Error("out of luck");
    },
  });
  const client = await connect(FIRST, "broken");
  assert.deepEqual(client.closeInfo, { kind: "peer", code: 0, reason: "internal error" });
  assert.equal(counters.internalErrors, 1);
  await connect(FIRST, "general");
  assert.equal(keeper.arrivals.length, 1);
  assert.match(await written(), /a service failed conn="c-1" sni="broken" error="out of luck"/);
});

Deno.test("above the cap on handshakes clients are refused, until one is done", async () => {
  const { begin, connect, counters, keeper } = setUp({ maxHandshakes: 2 });
  const waiting = [await begin(FIRST), await begin(SECOND)];
  const refused = await begin(SECOND);
  assert.equal(refused.refused, true);
  assert.equal(refused.accepted, false);
  assert.equal(counters.handshakes.get("over_limit"), 1);
  waiting[0]!.fail(new QuicError("handshake_failed", "no"));
  await settled();
  await connect(SECOND);
  assert.equal(keeper.arrivals.length, 1);
});

Deno.test("one source cannot take the handshakes of others, and gets its place back", async () => {
  const { begin, connect, counters, keeper } = setUp({ maxHandshakesPerSource: 1 });
  const held = await begin(FIRST);
  const excess = await begin({ ...FIRST, port: 1001 });
  assert.equal(excess.refused, true);
  assert.equal(excess.accepted, false);
  assert.equal(counters.handshakes.get("over_source_limit"), 1);
  await connect(SECOND);
  assert.equal(keeper.arrivals.length, 1);
  held.fail(new QuicError("handshake_failed", "no"));
  await settled();
  await connect(FIRST);
  assert.equal(keeper.arrivals.length, 2);
});

Deno.test("the places of a source are those of its /64 in IPv6", async () => {
  const { begin } = setUp({ maxHandshakesPerSource: 1 });
  await begin({ ip: "2001:db8::1", port: 1 });
  assert.equal((await begin({ ip: "2001:db8::2", port: 1 })).refused, true);
  assert.equal((await begin({ ip: "2001:db8:0:1::2", port: 1 })).refused, false);
});

Deno.test("above the connections of its source a client is told so, and is served after another left", async () => {
  const { connect, counters, keeper } = setUp({ maxConnectionsPerSource: 2 });
  const first = await connect();
  await connect();
  const excess = await connect();
  assert.deepEqual(excess.closeInfo, { kind: "peer", code: 0, reason: "too many connections" });
  assert.equal(keeper.arrivals.length, 2);
  assert.equal(counters.handshakes.get("over_source_limit"), 1);
  assert.equal(counters.activeConnections, 2);
  await connect(SECOND);
  assert.equal(keeper.arrivals.length, 3);
  first.close();
  await settled();
  await connect();
  assert.equal(keeper.arrivals.length, 4);
});

Deno.test("a changed limit counts for the next client", async () => {
  const { connect, current } = setUp({ maxConnectionsPerSource: 1 });
  await connect();
  current.maxConnectionsPerSource = 2;
  assert.equal((await connect()).closeInfo, null);
  assert.equal((await connect()).closeInfo?.reason, "too many connections");
});

Deno.test("a client whose address is not known is taken without a place", async () => {
  const { begin, counters } = setUp({ maxHandshakesPerSource: 1 });
  const clients = [await begin(null), await begin(null)];
  assert.ok(clients.every(({ accepted, refused }) => accepted && !refused));
  assert.equal(counters.handshakesInProgress, 2);
});

Deno.test("every client that arrived is counted under exactly one outcome", async () => {
  const limits = { maxHandshakes: 3, maxHandshakesPerSource: 2, maxConnectionsPerSource: 1 };
  const { begin, connect, clock, counters } = setUp(limits);
  await connect();
  await connect();
  (await begin()).fail(new QuicError("handshake_failed", "no"));
  (await begin()).fail(new QuicError("handshake_failed", "certificate peek"));
  (await begin()).fail(new TypeError("?"));
  await settled();
  await begin();
  await begin();
  await begin();
  await begin(SECOND);
  await begin(SECOND);
  clock.advance(15_000);
  await settled();
  const outcomes = Object.fromEntries(
    counters.handshakes.values.map((value) => [value, counters.handshakes.get(value)]),
  );
  assert.deepEqual(outcomes, {
    complete: 1,
    failed: 2,
    timeout: 3,
    peeked: 1,
    over_limit: 1,
    over_source_limit: 2,
  });
  assert.equal(counters.connectionsIncoming, 10);
});

Deno.test("closed connections are counted by how they ended", async () => {
  const { connect, keeper, counters, written } = setUp();
  (await connect()).close(0, "bye");
  await connect();
  keeper.arrivals[1]!.connection.close(0, "");
  await connect();
  (keeper.arrivals[2]!.connection as MemoryConnection).end({ kind: "idle", code: 0, reason: "" });
  await settled();
  assert.equal(counters.connectionsClosed.get("peer"), 1);
  assert.equal(counters.connectionsClosed.get("local"), 1);
  assert.equal(counters.connectionsClosed.get("idle"), 1);
  assert.equal(counters.activeConnections, 0);
  assert.match(await written(), /connection closed conn="c-1" by="peer" code=0 reason="bye"/);
});

Deno.test("when the listener stops the loop ends and connections stay", async () => {
  const { connect, listener, ended } = setUp();
  const client = await connect();
  listener.stop();
  await ended;
  assert.equal(client.closeInfo, null);
});

Deno.test("while it drains, newcomers are closed with a reason but for services that judge for themselves", async () => {
  const { acceptor, connect, counters, keeper, services } = setUp();
  const parties: Arrival[] = [];
  services.registerPrefix("call-", {
    kind: "call",
    judgesDrain: true,
    serve: (arrival) => void parties.push(arrival),
  });
  const present = await connect(FIRST, "general");
  acceptor.drain();
  const late = await connect(FIRST, "general");
  assert.deepEqual(late.closeInfo, { kind: "peer", code: 0, reason: "draining" });
  const party = await connect(SECOND, "call-c1");
  assert.deepEqual([present.closeInfo, party.closeInfo], [null, null]);
  assert.equal(parties.length, 1);
  assert.equal(keeper.arrivals.length, 1);
  assert.equal(counters.connections.get("room"), 2);
});

Deno.test("once stopped, a client still in its handshake gets no service but a close with code 0", async () => {
  const { begin, acceptor, keeper } = setUp();
  const incoming = await begin();
  acceptor.stop();
  const [client, server] = memoryPair();
  incoming.complete(server);
  await settled();
  assert.deepEqual(client.closeInfo, { kind: "peer", code: 0, reason: "shutdown" });
  assert.equal((await begin()).refused, true);
  assert.equal(keeper.arrivals.length, 0);
});

Deno.test("datagrams that no service asked for are not kept, and a service gets those that come after it asks", async () => {
  const { connect, keeper } = setUp();
  const client = await connect();
  client.sendDatagram(Uint8Array.of(1));
  const seen: number[] = [];
  keeper.arrivals[0]!.connection.onDatagram((bytes) => seen.push(bytes[0]!));
  client.sendDatagram(Uint8Array.of(2));
  await settled();
  assert.deepEqual(seen, [2]);
});
