import assert from "node:assert/strict";
import { createCounters } from "../../relay/ports/testing_counters.ts";
import { QuicError } from "../../quic/errors.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type MemoryConnection, memoryPair } from "../../quic/memory_pair.ts";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import type { DialOptions } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { type Dialled, dialRelay, type DialTarget } from "./dial_relay.ts";
import { DiallerHandshake } from "./dialler_handshake.ts";
import { type Dialler, proveDialler } from "./prove_dialler.ts";
import { ProvenNonces } from "./proven_nonces.ts";
import { testAddress, testCertificate, testRelay } from "./testing_relays.ts";

const DIALLER = testRelay(1);
const ACCEPTOR = testRelay(2);

/** An acceptor that shows one certificate, and somebody who dials it. */
class Rig {
  readonly clock = new ManualClock();
  readonly counters = createCounters();
  readonly transport = new MemoryTransport();
  /** What the acceptor's endpoint shows. */
  shown = testCertificate(2);
  /** What takes the accepted connection. */
  accept = (connection: MemoryConnection) => void (this.verdict = this.prove(connection));
  verdict: Promise<Dialler> = Promise.reject(new Error("nobody came"));
  dialled: MemoryConnection | null = null;

  constructor() {
    this.verdict.catch(() => {});
    this.transport.onDial = (options: DialOptions) => {
      if (options.pin!.toHex() !== this.shown.fingerprintBytes.toHex()) {
        throw new QuicError("pin_mismatch", "wrong certificate");
      }
      const [client, server] = memoryPair({ serverName: options.serverName });
      this.dialled = client;
      this.accept(server);
      return client;
    };
  }

  prove(connection: MemoryConnection): Promise<Dialler> {
    return proveDialler(connection, {
      clock: this.clock,
      counters: this.counters,
      own: ACCEPTOR,
      proven: new ProvenNonces(),
      judge: (relay) => relay === DIALLER.key ? null : "unknown_relay",
      mayAskStranger: () => true,
    });
  }

  async dial(own = DIALLER, more: Partial<DialTarget> = {}): Promise<Dialled> {
    const endpoint = await this.transport.open({ ip: "0.0.0.0", port: 0 });
    const { clock, counters } = this;
    const peek = () => Promise.resolve(this.shown.der);
    const pins = [testCertificate(2).fingerprintBytes];
    const target: DialTarget = {
      address: testAddress(2),
      pins,
      serverName: "_federation",
      ...more,
    };
    return await dialRelay(target, { clock, counters, own, endpoint, peek });
  }

  /** Lets what waits for messages only go on, then time pass. */
  async pass(ms: number): Promise<void> {
    await settled();
    this.clock.advance(ms);
    await settled();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("both ends of a dial know who the other is, and can talk", async () => {
  const rig = new Rig();
  const dialled = await rig.dial();
  const verdict = await rig.verdict;
  assert.equal(dialled.is, "proven");
  assert.equal(verdict.is, "proven");
  if (dialled.is !== "proven" || verdict.is !== "proven") return;
  assert.equal(dialled.relay.key, ACCEPTOR.key);
  assert.equal(verdict.relay.key, DIALLER.key);
  assert.equal(rig.transport.dials[0]!.serverName, "_federation");
  verdict.channel.send({ type: "Ping", timestamp_ms: 5 });
  assert.deepEqual(await dialled.channel.receive(), { type: "Ping", timestamp_ms: 5 });
  assert.equal(rig.clock.pending, 0);
});

Deno.test("a dialler that says nothing for 5 seconds is closed and counted", async () => {
  const rig = new Rig();
  const [client, server] = memoryPair();
  const verdict = rig.prove(server);
  await rig.pass(4_999);
  assert.equal(client.closeInfo, null);
  await rig.pass(1);
  assert.equal((await client.closed).reason, "timeout");
  const outcome = await verdict;
  assert.equal(outcome.is === "refused" && outcome.refusal, "timeout");
  assert.equal(rig.counters.federationRefusals.get("timeout"), 1);
});

Deno.test("the 5 seconds are for hello and proof together", async () => {
  const rig = new Rig();
  const [client, server] = memoryPair();
  const verdict = rig.prove(server);
  await rig.pass(4_000);
  const channel = new SignalChannel(client, { clock: rig.clock });
  const { hello } = new DiallerHandshake(
    DIALLER,
    ACCEPTOR.certificate.fingerprintBytes,
  );
  channel.send(hello);
  await rig.pass(1_000);
  assert.equal((await client.closed).reason, "timeout");
  assert.equal((await verdict).is, "refused");
});

Deno.test("before it has proven itself nothing of a dialler is taken, and nothing is sent but the challenge", async () => {
  const rig = new Rig();
  const [client, server] = memoryPair();
  const verdict = rig.prove(server);
  const heard: Uint8Array[] = [];
  client.onDatagram((bytes) => heard.push(bytes));
  client.sendDatagram(new Uint8Array(20));
  const channel = new SignalChannel(client, { clock: rig.clock });
  channel.send({ type: "GlobalRoomActive", room: "general", participants: [] });
  assert.equal((await client.closed).reason, "bad_hello");
  const outcome = await verdict;
  assert.equal(outcome.is === "refused" && outcome.refusal, "bad_hello");
  assert.equal(await channel.receive(), null);
  assert.deepEqual(heard, []);
});

Deno.test("a dialler that goes away is counted as gone", async () => {
  const rig = new Rig();
  const [client, server] = memoryPair();
  const verdict = rig.prove(server);
  client.close(0, "changed my mind");
  const outcome = await verdict;
  assert.deepEqual([outcome.is, rig.counters.federationRefusals.get("gone")], ["refused", 1]);
});

Deno.test("of several certificates the one that the relay has is found", async () => {
  const rig = new Rig();
  const pins = [testCertificate(9), testCertificate(2)].map((c) => c.fingerprintBytes);
  const dialled = await rig.dial(DIALLER, { pins });
  assert.equal(dialled.is === "proven" && dialled.relay.key, ACCEPTOR.key);
  assert.equal(rig.transport.dials.length, 2);
  assert.equal(rig.counters.federationRefusals.get("fingerprint_mismatch"), 0);
});

Deno.test("a relay with another certificate is refused, and its real fingerprint is told", async () => {
  const rig = new Rig();
  rig.shown = testCertificate(9);
  const dialled = await rig.dial();
  assert(dialled.is === "refused");
  assert.equal(dialled.refusal, "fingerprint_mismatch");
  assert.deepEqual(dialled.shown, testCertificate(9).fingerprintBytes);
  assert.equal(rig.dialled, null);
  assert.equal(rig.counters.federationRefusals.get("fingerprint_mismatch"), 1);
});

Deno.test("a dialler that is not trusted learns so by the reason of the close", async () => {
  const rig = new Rig();
  const dialled = await rig.dial(testRelay(5));
  assert(dialled.is === "refused");
  assert.deepEqual([dialled.refusal, dialled.detail], ["gone", "unknown_relay"]);
  const verdict = await rig.verdict;
  assert(verdict.is === "refused");
  assert.deepEqual([verdict.refusal, verdict.relay], ["unknown_relay", testRelay(5).key]);
});

Deno.test("a relay that answers nothing for 5 seconds is an original, and what it says later is not lost", async () => {
  const rig = new Rig();
  let server: MemoryConnection | null = null;
  rig.accept = (connection) => void (server = connection);
  const dialling = rig.dial();
  await rig.pass(5_000);
  const dialled = await dialling;
  assert(dialled.is === "original");
  assert.deepEqual(dialled.fingerprint, ACCEPTOR.certificate.fingerprintBytes);
  assert.equal(rig.dialled!.closeInfo, null);
  new SignalChannel(server!, { clock: rig.clock }).send({ type: "GlobalRoomInactive", room: "x" });
  assert.deepEqual(await dialled.first, { type: "GlobalRoomInactive", room: "x" });
});

Deno.test("a relay that begins with an announcement is an original at once, and the announcement is handed on", async () => {
  const rig = new Rig();
  rig.accept = (connection) => {
    new SignalChannel(connection, { clock: rig.clock }).send({
      type: "GlobalRoomInactive",
      room: "x",
    });
  };
  const dialled = await rig.dial();
  assert(dialled.is === "original");
  assert.deepEqual(await dialled.first, { type: "GlobalRoomInactive", room: "x" });
  assert.equal(rig.clock.pending, 0);
});

Deno.test("giving a dial up ends its handshake", async () => {
  const rig = new Rig();
  rig.accept = () => {};
  const stop = new AbortController();
  const dialling = rig.dial(DIALLER, { signal: stop.signal });
  await settled();
  stop.abort();
  const dialled = await dialling;
  assert.equal(dialled.is, "refused");
  assert.equal(rig.dialled!.closeInfo!.kind, "local");
  assert.equal(rig.clock.pending, 0);
});
