import assert from "node:assert/strict";
import { WireError } from "../../proto/errors.ts";
import type { KnownSignal, Signal } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type MemoryConnection, memoryPair } from "../../quic/memory_pair.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { createCounters } from "../counters/counters.ts";
import { memoryLogger } from "../log/testing_sink.ts";
import { PresenceRegistry } from "../presence/presence_registry.ts";
import { RouteResolver } from "../presence/routes.ts";
import { type ProbeLimits, ProbeService } from "./probe_service.ts";

const OWN = { ip: "203.0.113.5", port: 4433 };

function bench(options: { known?: boolean; limits?: Partial<ProbeLimits> } = {}) {
  const clock = new ManualClock();
  const counters = createCounters();
  const presence = new PresenceRegistry(clock);
  const { log, sink } = memoryLogger(clock);
  const trust = { known: options.known ?? false };
  const service = new ProbeService({
    clock,
    counters,
    presence,
    routes: new RouteResolver({ presence, ownAddress: () => OWN }),
    ownAddresses: () => [OWN, { ip: "::1", port: 4433 }],
    isKnownRelay: () => trust.known,
    ...(options.limits && { limits: options.limits }),
  });
  const connect = () => {
    const [client, server] = memoryPair({ serverName: "_probe" });
    service.serve({ id: "c1", name: "_probe", connection: server, log });
    const channel = new SignalChannel(client, { clock });
    const ask = (message: KnownSignal): Promise<Signal | WireError | null> => {
      channel.send(message);
      return channel.receive();
    };
    return { client, channel, ask };
  };
  const lines = () => {
    log.flushSync();
    return sink.lines;
  };
  return { clock, counters, presence, trust, connect, lines };
}

/** Sends bytes on a stream of their own. */
async function sendRaw(connection: MemoryConnection, bytes: Uint8Array): Promise<void> {
  const stream = await connection.openBidi();
  stream.receive.stop(0);
  await stream.send.finish(bytes);
}

const update = (relay_addr: string, ...fingerprints: string[]) =>
  ({ type: "PresenceUpdate", fingerprints, relay_addr }) as const;

Deno.test("a ping is answered with its own timestamp, whoever asks", async () => {
  const { connect, counters } = bench();
  const { ask } = connect();
  for (const timestamp_ms of [0, 1_775_000_000_000]) {
    assert.deepEqual(await ask({ type: "Ping", timestamp_ms }), { type: "Pong", timestamp_ms });
  }
  assert.deepEqual([counters.signalsReceived, counters.signalsSent], [2, 2]);
});

Deno.test("a relay that is not known learns and teaches nothing, which is counted and said once a minute", async () => {
  const { clock, connect, counters, presence, lines } = bench();
  presence.enter("here", null, null);
  const { channel, ask } = connect();
  for (let i = 0; i < 3; i++) {
    channel.send(update("10.0.0.2:4433", "there"));
    channel.send({ type: "RouteQuery", fingerprint: "here", ttl: 3 });
    assert.equal((await ask({ type: "Ping", timestamp_ms: i }) as Signal).type, "Pong");
  }
  assert.deepEqual(presence.peers(), []);
  assert.equal(counters.probeSignalsIgnored.get("unknown_relay"), 6);
  assert.equal(lines().length, 1, lines().join("\n"));
  clock.advance(59_999);
  channel.send(update("10.0.0.2:4433"));
  await ask({ type: "Ping", timestamp_ms: 1 });
  assert.equal(lines().length, 1);
  clock.advance(1);
  channel.send(update("10.0.0.2:4433"));
  await ask({ type: "Ping", timestamp_ms: 1 });
  assert.equal(lines().length, 2);
  assert.match(lines()[1]!, /messages=7/);
});

Deno.test("a known relay exchanges presence, under the address it gives", async () => {
  const { connect, presence } = bench({ known: true });
  presence.enter("here", "Alice", "general");
  const { ask } = connect();
  const own = { type: "PresenceUpdate", fingerprints: ["here"], relay_addr: "203.0.113.5:4433" };
  assert.deepEqual(await ask(update("[2001:DB8::2]:4433", "a", "b")), own);
  assert.deepEqual(presence.peers().map(({ address, fingerprints }) => [address, fingerprints]), [
    ["[2001:db8::2]:4433", ["a", "b"]],
  ]);
});

Deno.test("an address that is this relay's own, or none to dial, is not believed, but the answer comes", async () => {
  const { connect, presence } = bench({ known: true });
  const { ask } = connect();
  const nonsense = ["", "relay.example:4433", "10.0.0.2", "10.0.0.2:0", "0.0.0.0:4433", "[::]:1"];
  for (const relay_addr of ["203.0.113.5:4433", "[0::1]:4433", ...nonsense]) {
    assert.equal((await ask(update(relay_addr, "x")) as Signal).type, "PresenceUpdate");
  }
  assert.deepEqual(presence.peers(), []);
  await ask(update("203.0.113.5:4434", "x"));
  assert.equal(presence.peers().length, 1);
});

Deno.test("a known relay gets routes", async () => {
  const { connect, presence } = bench({ known: true });
  presence.enter("here", null, null);
  presence.updatePeer("10.0.0.2:4433", ["there"]);
  const { ask } = connect();
  const cases: [string, string[]][] = [
    ["here", ["203.0.113.5:4433"]],
    ["there", ["203.0.113.5:4433", "10.0.0.2:4433"]],
    ["nowhere", []],
  ];
  for (const [fingerprint, relay_chain] of cases) {
    assert.deepEqual(await ask({ type: "RouteQuery", fingerprint, ttl: 0 }), {
      type: "RouteResponse",
      fingerprint,
      found: relay_chain.length > 0,
      relay_chain,
    });
  }
});

Deno.test("trust counts at once, also when it is withdrawn", async () => {
  const { connect, counters, presence, trust } = bench();
  const { channel, ask } = connect();
  trust.known = true;
  await ask(update("10.0.0.2:1", "a"));
  assert.equal(presence.peers().length, 1);
  trust.known = false;
  channel.send(update("10.0.0.2:1"));
  await ask({ type: "Ping", timestamp_ms: 1 });
  assert.deepEqual(presence.peers()[0]!.fingerprints, ["a"]);
  assert.equal(counters.probeSignalsIgnored.get("unknown_relay"), 1);
});

Deno.test("nothing that cannot be understood or makes no sense here ends the connection", async () => {
  const { connect, counters } = bench();
  const { client, channel, ask } = connect();
  const frame = (text: string) => {
    const body = new TextEncoder().encode(text);
    return Uint8Array.of(0, 0, 0, body.length, ...body);
  };
  await sendRaw(client, new Uint8Array());
  await sendRaw(client, Uint8Array.of(255, 255, 255, 255));
  await sendRaw(client, frame("{"));
  await sendRaw(client, frame('{"Ping":{"timestamp_ms":-1}}'));
  await sendRaw(client, frame('{"Brandnew":{}}'));
  channel.send({ type: "Pong", timestamp_ms: 1 });
  channel.send({ type: "Hold" });
  assert.deepEqual(await ask({ type: "Ping", timestamp_ms: 9 }), { type: "Pong", timestamp_ms: 9 });
  const invalid = counters.signalsInvalid;
  const counts = ["truncated", "too_large", "not_json", "bad_field", "unknown_variant"] as const;
  assert.deepEqual(counts.map((code) => invalid.get(code)), [1, 1, 1, 1, 1]);
  assert.equal(counters.probeSignalsIgnored.get("unexpected"), 2);
  assert.equal(client.closeInfo, null);
});

Deno.test("a known relay is not held back", async () => {
  const { connect } = bench({ known: true });
  const { channel, client } = connect();
  for (let i = 0; i < 300; i++) {
    await sendRaw(client, ping(i));
    assert.equal((await channel.receive() as Signal).type, "Pong");
  }
});

Deno.test("a stranger who asks too fast is answered at the rate", async () => {
  const { clock, connect, counters } = bench();
  const { channel, client } = connect();
  const answers = (async () => {
    while (await channel.receive() !== null);
  })();
  const questions = (async () => {
    for (let i = 0; i < 500; i++) await sendRaw(client, ping(i));
  })().catch(() => {});
  // The limit on idle time is the one timer; the pace adds the other.
  const heldBack = async () => {
    while (clock.pending < 2) await new Promise((resolve) => setTimeout(resolve, 0));
    return counters.signalsReceived;
  };
  const burst = await heldBack();
  assert(burst > 90 && burst <= 101, String(burst));
  for (let i = 0; i < 50; i++) {
    clock.advance(20);
    await heldBack();
  }
  const second = await heldBack() - burst;
  assert(second >= 18 && second <= 21, String(second));
  client.close();
  await Promise.all([answers, questions]);
});

function ping(timestamp: number): Uint8Array {
  const body = new TextEncoder().encode(`{"Ping":{"timestamp_ms":${timestamp}}}`);
  return Uint8Array.of(0, 0, 0, body.length, ...body);
}

Deno.test("strangers together are answered at a rate, whoever of them asks, and known relays beside them", async () => {
  const { clock, connect, counters, trust } = bench({ limits: { maxPerSource: 100 } });
  const strangers = Array.from({ length: 20 }, connect);
  for (const { channel } of strangers) {
    for (let i = 0; i < 100; i++) channel.send({ type: "Ping", timestamp_ms: i });
  }
  const settle = async () => {
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  };
  await settle();
  assert.ok(counters.signalsSent <= 1_001, `${counters.signalsSent} answers at once`);
  assert.ok(counters.signalsSent >= 1_000, `${counters.signalsSent} answers at once`);
  for (let ms = 0; ms < 1_000; ms += 10) {
    clock.advance(10);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await settle();
  const sent = counters.signalsSent;
  assert.ok(sent > 1_400 && sent <= 1_502, `${sent} answers in a second`);
  trust.known = true;
  const { ask } = connect();
  assert.equal((await ask({ type: "Ping", timestamp_ms: 5 }) as Signal).type, "Pong");
});

Deno.test("places are limited, in all and per source, and given back; known relays need none", async () => {
  const { connect, counters, trust } = bench({ limits: { maxConnections: 3, maxPerSource: 2 } });
  const first = connect();
  connect();
  const third = connect();
  assert.equal((await third.client.closed).reason, "too many probes");
  assert.equal(counters.probesRefused.get("over_source_limit"), 1);
  trust.known = true;
  const known = connect();
  assert.equal((await known.ask({ type: "Ping", timestamp_ms: 1 }) as Signal).type, "Pong");
  trust.known = false;
  first.client.close();
  await first.client.closed;
  await Promise.resolve();
  const again = connect();
  assert.equal((await again.ask({ type: "Ping", timestamp_ms: 1 }) as Signal).type, "Pong");

  const full = bench({ limits: { maxConnections: 1 } });
  full.connect();
  assert.equal((await full.connect().client.closed).code, 0);
  assert.equal(full.counters.probesRefused.get("over_limit"), 1);
});

Deno.test("who asks nothing for a minute is sent away", async () => {
  const { clock, connect, counters } = bench();
  const { ask, client } = connect();
  clock.advance(59_999);
  await ask({ type: "Ping", timestamp_ms: 1 });
  await sendRaw(client, new Uint8Array());
  clock.advance(59_999);
  assert.equal(client.closeInfo, null);
  clock.advance(60_001);
  assert.equal((await client.closed).reason, "idle");
  assert.equal(counters.probesRefused.get("idle"), 1);
});

Deno.test("nothing runs on after a connection ended", async () => {
  const { clock, connect } = bench();
  const { ask, client } = connect();
  await ask({ type: "Ping", timestamp_ms: 1 });
  client.close();
  await client.closed;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(clock.pending, 0);
});
