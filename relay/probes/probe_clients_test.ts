import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import type { MemoryConnection } from "../../quic/memory_pair.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { createCounters, snapshot } from "../counters/counters.ts";
import { memoryLogger } from "../log/testing_sink.ts";
import { PresenceRegistry } from "../presence/presence_registry.ts";
import { MemoryMesh, only, settled } from "./memory_mesh.ts";
import { ProbeClients } from "./probe_clients.ts";

const B = { host: "10.0.0.2", port: 4433 };
const NAMED = { host: "relay.example", port: 4433 };
const OWN = { ip: "203.0.113.5", port: 4433 };

const PIN = new Uint8Array(32).fill(7);

function bench() {
  const clock = new ManualClock();
  const mesh = new MemoryMesh();
  const counters = createCounters();
  const presence = new PresenceRegistry(clock);
  const { log, sink } = memoryLogger(clock);
  const names = new Map([["relay.example", "10.0.0.9"]]);
  const randoms: number[] = [];
  const probes = new ProbeClients({
    clock,
    transport: mesh,
    log,
    counters,
    presence,
    ownAddress: () => OWN,
    random: () => randoms.shift() ?? 0.5,
    resolve: (host) => {
      const ip = /^[0-9.:]/.test(host) ? host : names.get(host);
      return ip ? Promise.resolve(ip) : Promise.reject(new Error(`no such host ${host}`));
    },
  });
  const gauges = (target: string) => {
    const all = JSON.parse(JSON.stringify(snapshot(counters)));
    return ["up", "rtt_ms", "loss_pct", "jitter_ms"].map((name) =>
      all[`wzp_probe_${name}`][target]
    );
  };
  const lines = () => {
    log.flushSync();
    return sink.lines;
  };
  /** The relay's end of the next dial. */
  const accept = async () => {
    const server = (await mesh.nextDial()).accept();
    await settled();
    return relayEnd(clock, server);
  };
  return { clock, mesh, counters, presence, names, randoms, probes, gauges, lines, accept };
}

function relayEnd(clock: ManualClock, connection: MemoryConnection) {
  const channel = new SignalChannel(connection, { clock, perSecond: 1e6, burst: 1e6 });
  return {
    connection,
    channel,
    ping: async () => only("Ping", await channel.receive()).timestamp_ms,
    pong: async (timestamp_ms: number) => {
      channel.send({ type: "Pong", timestamp_ms });
      await settled();
    },
  };
}

Deno.test("the metrics of a target exist from the start and go when it is no target any more", async () => {
  const { probes, gauges, mesh } = bench();
  probes.update([B, NAMED]);
  assert.deepEqual(gauges("10.0.0.2:4433"), [0, 0, 0, 0]);
  assert.deepEqual(gauges("relay.example:4433"), [0, 0, 0, 0]);
  probes.update([NAMED]);
  assert.deepEqual(gauges("10.0.0.2:4433"), [undefined, undefined, undefined, undefined]);
  assert.deepEqual(probes.rows().map(({ target }) => target), ["relay.example:4433"]);
  await probes.stop();
  assert.deepEqual(mesh.closed, mesh.opened);
});

Deno.test("a relay is asked for its probe service, by address or by name, over either family", async () => {
  const { probes, mesh } = bench();
  probes.update([NAMED, B, { host: "::1", port: 5 }]);
  const dials = [await mesh.nextDial(), await mesh.nextDial(), await mesh.nextDial()];
  const addresses = dials.map(({ options }) => `${options.address.ip} ${options.address.port}`);
  assert.deepEqual(addresses.sort(), ["10.0.0.2 4433", "10.0.0.9 4433", "::1 5"]);
  for (const { options } of dials) {
    assert.deepEqual([options.serverName, options.pin], ["_probe", undefined]);
  }
  assert.deepEqual(mesh.opened.toSorted(), ["0.0.0.0", "::"]);
  await probes.stop();
  assert.deepEqual(mesh.closed.toSorted(), ["0.0.0.0", "::"]);
});

Deno.test("a ping leaves at once and every second after, and pongs become metrics", async () => {
  const { probes, accept, clock, gauges, counters } = bench();
  probes.update([B]);
  const relay = await accept();
  const first = await relay.ping();
  assert.equal(first, clock.wall());
  assert.deepEqual(gauges("10.0.0.2:4433"), [1, 0, 0, 0]);
  clock.advance(40);
  await relay.pong(first);
  assert.deepEqual(gauges("10.0.0.2:4433"), [1, 40, 0, 0]);
  clock.advance(960);
  const second = await relay.ping();
  assert.equal(second, first + 1_000);
  clock.advance(20);
  await relay.pong(second);
  await relay.pong(second);
  assert.deepEqual(gauges("10.0.0.2:4433"), [1, 20, 0, 10]);
  clock.advance(980);
  await relay.ping();
  clock.advance(1_000);
  assert.deepEqual(gauges("10.0.0.2:4433")[2], 100 / 3, "the third ping was lost");
  assert.deepEqual(probes.rows(), [{
    target: "10.0.0.2:4433",
    up: true,
    rttMs: 20,
    lossPct: 100 / 3,
    jitterMs: 10,
  }]);
  assert.deepEqual([counters.signalsSent, counters.signalsReceived], [4, 3]);
  await probes.stop();
});

Deno.test("when the relay goes, up and round trip time are 0, loss and jitter stay", async () => {
  const { probes, accept, clock, gauges, presence, lines } = bench();
  probes.update([B]);
  presence.updatePeer("10.0.0.2:4433", ["x"]);
  const relay = await accept();
  await relay.ping();
  clock.advance(1_000);
  clock.advance(30);
  await relay.pong(await relay.ping());
  assert.deepEqual(gauges("10.0.0.2:4433"), [1, 30, 50, 0]);
  assert.equal(presence.peers()[0]!.rttMs, 30);
  relay.connection.close(0, "bye");
  await settled();
  assert.deepEqual(gauges("10.0.0.2:4433"), [0, 0, 50, 0]);
  assert.equal(presence.peers()[0]!.rttMs, null);
  assert.match(lines().at(-1)!, /probe ended .*reason="bye"/);
  clock.advance(500);
  const next = await accept();
  await next.ping();
  clock.advance(999);
  assert.deepEqual(gauges("10.0.0.2:4433"), [1, 0, 50, 0], "a new window, not yet measured");
  await probes.stop();
});

Deno.test("waits between attempts double with full jitter, and start anew after a healthy session", async () => {
  const { probes, mesh, clock, randoms, accept, lines } = bench();
  randoms.push(0.5, 0.5, 0.25, 0.5, 0.999, 0.5);
  probes.update([B]);
  for (const wait of [500, 1_000, 1_000]) {
    (await mesh.nextDial()).fail();
    await settled();
    clock.advance(wait - 1);
    await settled();
    assert.equal(mesh.pending, 0);
    clock.advance(1);
  }
  const short = await accept();
  clock.advance(9_999);
  short.connection.close();
  await settled();
  clock.advance(3_999);
  await settled();
  assert.equal(mesh.pending, 0);
  clock.advance(1);
  const long = await accept();
  clock.advance(10_000);
  long.connection.close();
  await settled();
  clock.advance(998);
  await settled();
  assert.equal(mesh.pending, 0);
  clock.advance(1);
  (await mesh.nextDial()).fail();
  assert.equal(lines().filter((line) => line.includes("not reachable")).length, 1);
  await probes.stop();
});

Deno.test("a name that is not known and a socket that does not open are tried again", async () => {
  const { probes, mesh, clock, names, accept } = bench();
  names.clear();
  mesh.broken = true;
  probes.update([NAMED]);
  await settled();
  names.set("relay.example", "10.0.0.7");
  clock.advance(500);
  await settled();
  mesh.broken = false;
  clock.advance(1_000);
  await (await accept()).ping();
  await probes.stop();
});

Deno.test("a relay that takes connections and answers nothing is given up after thirty pings", async () => {
  const { probes, accept, clock, gauges } = bench();
  probes.update([B]);
  const relay = await accept();
  clock.advance(29_999);
  assert.equal(relay.connection.closeInfo, null);
  assert.deepEqual(gauges("10.0.0.2:4433"), [1, 0, 100, 0]);
  clock.advance(1);
  assert.equal((await relay.connection.closed).reason, "no answer");
  await settled();
  assert.deepEqual(gauges("10.0.0.2:4433"), [0, 0, 100, 0]);
  await probes.stop();
});

Deno.test("known relays are told who is here after every tenth ping, others never", async () => {
  for (const known of [false, true]) {
    const { probes, accept, clock, presence } = bench();
    presence.enter("here", null, null);
    probes.update([known ? { ...B, pins: [PIN] } : B]);
    const relay = await accept();
    const seen: string[] = [];
    for (let i = 0; i < 30; i++) {
      const message = await relay.channel.receive();
      if (message === null || message instanceof Error) throw new TypeError("no message");
      seen.push(message.type);
      if (message.type === "Ping") {
        await relay.pong(message.timestamp_ms);
        clock.advance(1_000);
      } else {
        assert.deepEqual(message, {
          type: "PresenceUpdate",
          fingerprints: ["here"],
          relay_addr: "203.0.113.5:4433",
        });
      }
    }
    const updates = seen.flatMap((type, index) => type === "PresenceUpdate" ? [index] : []);
    assert.deepEqual(updates, known ? [10, 21] : []);
    await probes.stop();
  }
});

Deno.test("a relay this one works with is dialled by its certificates in turn, another by none", async () => {
  const { probes, mesh, clock, randoms } = bench();
  randoms.push(0, 0);
  const other = new Uint8Array(32).fill(8);
  probes.update([{ ...B, pins: [PIN, other] }]);
  for (const pin of [PIN, other, PIN]) {
    const dial = await mesh.nextDial();
    assert.equal(dial.options.pin, pin);
    dial.fail();
    await settled();
    clock.advance(60_000);
  }
  probes.update([B]);
  await settled();
  while (mesh.pending > 1) (await mesh.nextDial()).fail();
  assert.equal((await mesh.nextDial()).options.pin, undefined);
  await probes.stop();
});

Deno.test("what a known relay says is kept under the address that was dialled, what others say is not", async () => {
  const { probes, accept, presence, counters } = bench();
  probes.update([NAMED]);
  const stranger = await accept();
  const update = { type: "PresenceUpdate", fingerprints: ["x"], relay_addr: "1.2.3.4:5" } as const;
  stranger.channel.send(update);
  await settled();
  assert.deepEqual(presence.peers(), []);
  probes.update([{ ...NAMED, pins: [PIN] }]);
  const relay = await accept();
  relay.channel.send(update);
  await settled();
  assert.deepEqual(presence.peers().map(({ address }) => address), ["10.0.0.9:4433"]);
  const stream = await relay.connection.openBidi();
  await stream.send.finish(Uint8Array.of(0, 0, 0, 1, 0x7b));
  relay.channel.send({ type: "Hold" });
  await relay.pong(await relay.ping());
  assert.equal(counters.signalsInvalid.get("not_json"), 1);
  assert.equal(relay.connection.closeInfo, null);
  await probes.stop();
});

Deno.test("a relay that takes no streams costs a bounded queue, and its lost pings are counted", async () => {
  const { probes, mesh, clock, gauges } = bench();
  probes.update([B]);
  const connection = (await mesh.nextDial()).accept();
  await settled();
  // Nobody takes the streams, so after a hundred the credit is used up; silence ends it long before.
  clock.advance(20_000);
  await settled();
  assert.equal(gauges("10.0.0.2:4433")[2], 100);
  assert.equal(connection.closeInfo, null);
  await probes.stop();
  assert.equal((await connection.closed).reason, "shutdown");
});

Deno.test("targets that stay go on undisturbed when others come and go", async () => {
  const { probes, mesh, accept, clock } = bench();
  probes.update([B]);
  const relay = await accept();
  probes.update([B, NAMED]);
  const other = (await mesh.nextDial()).accept();
  await settled();
  probes.update([B]);
  assert.equal((await other.closed).reason, "shutdown");
  await relay.ping();
  clock.advance(1_000);
  await relay.ping();
  assert.equal(relay.connection.closeInfo, null);
  await probes.stop();
});

Deno.test("stopping ends every probe whatever it waits for, and nothing begins afterwards", async () => {
  const { probes, mesh, accept, clock, names } = bench();
  names.clear();
  probes.update([B, NAMED, { host: "10.0.0.4", port: 1 }]);
  const relay = await accept();
  const dial = await mesh.nextDial();
  await settled();
  await Promise.all([probes.stop(), probes.stop()]);
  assert.equal((await relay.connection.closed).reason, "shutdown");
  assert.equal(dial.options.signal?.aborted, true);
  assert.equal(clock.pending, 0);
  probes.update([B]);
  clock.advance(600_000);
  await settled();
  assert.equal(mesh.pending, 0);
});
