import assert from "node:assert/strict";
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import type { KnownSignal, Signal } from "../../proto/signal/mod.ts";
import { type MemoryConnection, memoryPair } from "../../quic/memory_pair.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import type { Connection } from "../../quic/port.ts";
import { DiallerHandshake } from "../trust/dialler_handshake.ts";
import { testAddress, testCertificate, testRelay } from "../trust/testing_relays.ts";
import { Network, type TestRelay } from "./testing_network.ts";

/** A relay of the original kind: it announces right away, challenges nobody and proves nothing. */
class Original {
  readonly certificate = testCertificate(7);
  readonly key = this.certificate.fingerprintBytes.toHex();
  readonly heard: Signal[] = [];
  readonly connections: MemoryConnection[] = [];
  readonly #network: Network;
  /** What it says when a link comes up. */
  announcements: KnownSignal[] = [];
  pings = 0;

  constructor(network: Network) {
    this.#network = network;
    network.others.set("192.0.2.7:4433", (connection, { pin, serverName }) => {
      if (pin !== undefined && pin.toHex() !== this.key) return false;
      if (serverName === "_probe") this.#answerProbes(connection);
      else this.#serve(connection);
      return true;
    });
  }

  entry(allowLegacy = true) {
    return {
      ...{ fingerprints: [this.key], label: "old", allowLegacy },
      ...{ host: "192.0.2.7", port: 4433 },
    };
  }

  /** Dials a relay of ours. */
  dial(relay: TestRelay, claim = this.certificate.fingerprint): SignalChannel {
    const [client, server] = memoryPair({ clientAddress: testAddress(7) });
    relay.connections.push(server);
    relay.arrive(server);
    return this.#serve(client, { type: "FederationHello", tls_fingerprint: claim, ext: null });
  }

  #serve(connection: MemoryConnection, ...first: KnownSignal[]): SignalChannel {
    const channel = new SignalChannel(connection, { clock: this.#network.clock });
    this.connections.push(connection);
    for (const message of [...first, ...this.announcements]) channel.send(message);
    this.#hear(channel);
    return channel;
  }

  async #hear(channel: SignalChannel): Promise<void> {
    for (let next = await channel.receive(); next !== null; next = await channel.receive()) {
      assert(!(next instanceof Error));
      this.heard.push(next);
    }
  }

  async #answerProbes(connection: Connection): Promise<void> {
    const channel = new SignalChannel(connection, { clock: this.#network.clock });
    for (let next = await channel.receive(); next !== null; next = await channel.receive()) {
      if (next instanceof Error || next.type !== "Ping") continue;
      this.pings += 1;
      channel.send({ type: "Pong", timestamp_ms: next.timestamp_ms });
    }
  }
}

const ANNOUNCEMENT: KnownSignal = { type: "GlobalRoomActive", room: "general", participants: [] };

Deno.test("an original that is dialled has a link once it announces, and nothing of what it said is lost", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  old.announcements = [ANNOUNCEMENT];
  a.apply({ peers: [old.entry()] });
  await network.settled();
  assert.deepEqual(a.happened, ["up old", "signal GlobalRoomActive old"]);
  assert.deepEqual([a.link.legacy, a.link.relay, a.link.can("media2")], [true, old.key, false]);
  const hello = old.heard[0]!;
  assert(hello.type === "FederationHello");
  assert.equal(hello.tls_fingerprint, a.certificate.fingerprint);
});

Deno.test("an original that has nothing to say has its link after 5 seconds", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  a.apply({ peers: [old.entry()] });
  await network.pass(4_750);
  assert.deepEqual(a.happened, []);
  await network.pass(250);
  assert.deepEqual(a.happened, ["up old"]);
  new SignalChannel(old.connections[0]!, { clock: network.clock }).send(ANNOUNCEMENT);
  await network.settled();
  assert.deepEqual(a.happened, ["up old", "signal GlobalRoomActive old"]);
});

Deno.test("a legacy link is kept alive with a ping every 5 seconds, and measured beside it", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  old.announcements = [ANNOUNCEMENT];
  a.apply({ peers: [old.entry()] });
  await network.pass(60_000);
  assert.deepEqual(a.happened, ["up old", "signal GlobalRoomActive old"]);
  assert.equal(old.heard.filter(({ type }) => type === "Ping").length, 12);
  assert(old.pings >= 12);
  assert.deepEqual([a.link.rttMs, a.link.lossPct], [0, null]);
  assert.deepEqual([...a.counters.federationPeerRtt.entries()], [[["old"], 0]]);
  a.link.close("test");
  await network.settled();
  assert.deepEqual([...a.counters.federationPeerRtt.entries()], []);
  assert.equal(old.connections.length, 1);
  const pings = old.pings;
  a.table.drain();
  await network.pass(20_000);
  assert.equal(old.pings, pings);
});

Deno.test("an original that answers no probes has its link all the same, with nothing measured", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  const link = network.others.get("192.0.2.7:4433")!;
  let probes = 0;
  network.others.set("192.0.2.7:4433", (connection, options) => {
    if (options.serverName !== "_probe") return link(connection, options);
    probes += 1;
    return false;
  });
  old.announcements = [ANNOUNCEMENT];
  a.apply({ peers: [old.entry()] });
  await network.pass(10_000);
  assert.deepEqual([a.link.rttMs, a.link.lossPct], [null, null]);
  assert(probes > 2 && probes < 10, `${probes}`);
  await a.table.close("shutdown");
  await network.settled();
  assert.equal(network.clock.pending, 0);
});

Deno.test("an original without permission gets no link, whoever dials", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  old.announcements = [ANNOUNCEMENT];
  a.apply({ peers: [old.entry(false)] });
  await network.settled();
  old.dial(a);
  await network.settled();
  assert.deepEqual([a.happened, a.table.links()], [[], []]);
  assert.equal(a.counters.federationRefusals.get("legacy_not_allowed"), 2);
  const reasons = old.connections.map(({ closeInfo }) => closeInfo!.reason);
  assert.deepEqual(reasons, ["legacy_not_allowed", "legacy_not_allowed"]);
  assert.equal(a.logged("allow_legacy = true").length, 2);
});

Deno.test("an original that dials is let in by its fingerprint or its address", async () => {
  for (const list of ["peers", "trusted"] as const) {
    await using network = new Network();
    const [a, old] = [network.relay(1), new Original(network)];
    network.others.clear();
    a.apply({ [list]: [old.entry()] });
    await network.settled();
    old.dial(a);
    await network.settled();
    assert.deepEqual([a.link.legacy, a.link.dialled, a.link.label], [true, false, "old"]);
    assert.equal(a.link.relay, old.key);
  }
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  network.others.clear();
  a.apply({ peers: [old.entry()] });
  old.dial(a, "no fingerprint at all");
  await network.settled();
  assert.equal(a.link.label, "old");
  assert.match(a.link.relay, /^[0-9a-f]{64}$/);
});

Deno.test("an unknown original gets nothing, and the operator the block that would let it in", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  old.dial(a);
  old.dial(a);
  await network.settled();
  assert.deepEqual(a.happened, []);
  assert.equal(a.counters.federationRefusals.get("unknown_relay"), 2);
  const block = a.lines.map(({ message }) => message).slice(1);
  assert.deepEqual(block, [
    "  [[trusted]]",
    `  fingerprint = "${formatTlsFingerprint(old.certificate.fingerprintBytes)}"`,
    `  label = "relay-${old.key.slice(0, 8)}"`,
    "  allow_legacy = true",
  ]);
});

Deno.test("when both dial, both connections are one link, and nobody closes either", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  old.announcements = [ANNOUNCEMENT];
  a.apply({ peers: [old.entry()] });
  await network.settled();
  const link = a.link;
  old.dial(a);
  await network.pass(20_000);
  assert.equal(a.link, link);
  assert.deepEqual(a.happened, [
    "up old",
    "signal GlobalRoomActive old",
    "renewed old",
    "signal GlobalRoomActive old",
  ]);
  // It forgets the link when either connection ends, so that is the end of both.
  old.connections[0]!.close(0, "");
  await network.settled();
  assert.equal(a.happened.at(-1), "down old");
  assert.deepEqual(old.connections.map(({ closeInfo }) => closeInfo !== null), [true, true]);
});

Deno.test("a connection that an original has lost does not take the other one with it", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  old.announcements = [ANNOUNCEMENT];
  a.apply({ peers: [old.entry()] });
  await network.settled();
  const lost = a.open.find(({ peer }) => peer === old.connections[0])!;
  old.dial(a);
  await network.settled();
  lost.end({ kind: "idle", code: 0, reason: "timed out" });
  await network.settled();
  assert.equal(a.link.dialled, false);
  assert(!a.happened.includes("down old"));
});

Deno.test("an original that dials again has begun anew", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  a.apply({ trusted: [old.entry()] });
  old.dial(a);
  await network.settled();
  old.dial(a);
  await network.settled();
  assert.deepEqual(a.happened, ["up old", "down old", "up old"]);
});

Deno.test("an original that names another fingerprint each time begins anew no more often than others", async () => {
  await using network = new Network();
  const [a, old] = [network.relay(1), new Original(network)];
  network.others.clear();
  a.apply({ peers: [old.entry()] });
  for (let n = 0; n < 40; n++) {
    old.dial(a, formatTlsFingerprint(new Uint8Array(32).fill(n)));
    await network.settled();
    old.connections.at(-1)!.close(0, "");
    await network.settled();
  }
  assert.equal(a.happened.filter((what) => what === "up old").length, 21);
  assert.equal(a.counters.federationRefusals.get("over_limit"), 19);
});

Deno.test("nobody takes the place of a relay that has proven itself by claiming to be it", async () => {
  await using network = new Network();
  const [a, b, old] = [network.relay(1), network.relay(2), new Original(network)];
  a.apply({ trusted: [{ ...b.trusted, allowLegacy: true }] });
  b.apply({ peers: [a.peer] });
  await network.settled();
  const link = a.link;
  old.dial(a, b.certificate.fingerprint);
  await network.settled();
  assert.equal(a.link, link);
  assert.equal(old.connections[0]!.closeInfo!.reason, "legacy_not_allowed");
});

Deno.test("a relay that proves itself takes the place of one that only claimed to be it", async () => {
  await using network = new Network();
  const [a, b, old] = [network.relay(1), network.relay(2), new Original(network)];
  a.apply({ trusted: [{ ...b.trusted, allowLegacy: true }] });
  old.dial(a, b.certificate.fingerprint);
  await network.settled();
  assert.equal(a.link.legacy, true);
  b.apply({ peers: [a.peer] });
  await network.settled();
  assert.equal(a.link.legacy, false);
  assert.deepEqual(a.happened, ["up relay 2", "down relay 2", "up relay 2"]);
});

Deno.test("a hello to an original is one that it understands", () => {
  const { hello } = new DiallerHandshake(testRelay(1), testCertificate(2).fingerprintBytes);
  assert.deepEqual(Object.keys(hello), ["type", "tls_fingerprint", "ext"]);
  assert.equal(hello.tls_fingerprint.length, 95);
});
