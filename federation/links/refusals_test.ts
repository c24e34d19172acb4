import assert from "node:assert/strict";
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import type { Signal } from "../../proto/signal/mod.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { DiallerHandshake } from "../trust/dialler_handshake.ts";
import type { Refusal } from "../trust/refusal.ts";
import { testAddress, testRelay } from "../trust/testing_relays.ts";
import { Network, TestRelay } from "./testing_network.ts";

/** Somebody who dials and says what it likes. */
function dial(network: Network, relay: TestRelay, ip = "198.51.100.1") {
  const [client, server] = memoryPair({ clientAddress: { ip, port: 1234 } });
  relay.arrive(server);
  const channel = new SignalChannel(client, { clock: network.clock });
  return {
    client,
    say: (message: Parameters<SignalChannel["send"]>[0]) => channel.send(message),
    hear: (): Promise<Signal> => channel.receive() as Promise<Signal>,
  };
}

function counted(relay: TestRelay): Partial<Record<Refusal, number>> {
  const { federationRefusals } = relay.counters;
  return Object.fromEntries(
    federationRefusals.values.map((reason) => [reason, federationRefusals.get(reason)] as const)
      .filter(([, count]) => count > 0),
  );
}

const colons = (relay: TestRelay) => formatTlsFingerprint(relay.certificate.fingerprintBytes);

Deno.test("an unknown relay that proves itself gets a refusal, and the operator the block to paste, once", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  a.apply({ peers: [b.peer] });
  await network.pass(120_000, 1_000);
  assert.deepEqual(b.table.links(), []);
  assert.deepEqual(b.happened, []);
  assert(counted(b).unknown_relay! > 3);
  assert.deepEqual(b.lines.map(({ message }) => message), [
    "unknown relay refused; to accept it, add these lines to the configuration:",
    "  [[trusted]]",
    `  fingerprint = "${colons(a)}"`,
    `  label = "relay-${a.key.slice(0, 8)}"`,
  ]);
  assert.equal(a.logged("a peer does not know this relay").length, 1);
  await network.pass(600_000, 5_000);
  assert.equal(b.logged("[[trusted]]").length, 2);
});

Deno.test("once it is added an unknown relay has its link with the next dial", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  a.apply({ peers: [b.peer] });
  await network.settled();
  b.apply({ trusted: [a.trusted] });
  await network.pass(1_000);
  assert.deepEqual(b.happened, ["up relay 1"]);
});

Deno.test("made-up relays can neither fill the log nor keep the relay busy", async () => {
  await using network = new Network();
  const b = network.relay(2);
  b.apply({});
  let challenged = 0;
  for (let n = 10; n < 250; n++) {
    const own = testRelay(n);
    const stranger = dial(network, b, `198.51.100.${n}`);
    const handshake = new DiallerHandshake(own, b.certificate.fingerprintBytes);
    stranger.say(handshake.hello);
    await network.settled();
    if (stranger.client.closeInfo === null) {
      challenged += 1;
      const step = handshake.receive(await stranger.hear());
      assert.equal(step.then, "prove");
      if (step.then === "prove") stranger.say(step.message);
    }
    await network.settled();
    assert.equal(stranger.client.closeInfo!.reason, "unknown_relay");
    network.clock.advance(50);
  }
  // 10 at once, then one a second for 12 seconds.
  assert(challenged > 10 && challenged < 25, `${challenged}`);
  assert.equal(counted(b).unknown_relay, 240);
  assert(b.lines.length <= 4 * 32, `${b.lines.length}`);
});

Deno.test("who knows every public fingerprint and comes from a peer's address gets nothing but a refusal", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  a.isOff = true;
  b.apply({ peers: [a.peer] });
  const fingerprints = [colons(a), colons(b), "", "x"];
  for (const tls_fingerprint of fingerprints) {
    const intruder = dial(network, b, testAddress(1).ip);
    intruder.say({ type: "FederationHello", tls_fingerprint, ext: null });
    intruder.say({ type: "GlobalRoomActive", room: "general", participants: [] });
    intruder.client.sendDatagram(new Uint8Array(30));
    await network.settled();
    assert.notEqual(intruder.client.closeInfo, null);
    assert.equal(await intruder.hear(), null);
  }
  // With the certificate of the peer, which everybody can have, and a key of its own.
  const thief = dial(network, b, testAddress(1).ip);
  const { hello } = new DiallerHandshake(testRelay(1), b.certificate.fingerprintBytes);
  thief.say(hello);
  assert.equal((await thief.hear()).type, "FederationChallenge");
  thief.say({
    type: "FederationProof",
    signature: testRelay(3).certificate.sign(hello.ext!.nonce!),
  });
  thief.say({ type: "GlobalRoomActive", room: "general", participants: [] });
  thief.client.sendDatagram(new Uint8Array(30));
  await network.settled();
  assert.equal(thief.client.closeInfo!.reason, "bad_proof");
  assert.deepEqual([b.happened, b.datagrams], [[], []]);
  assert.deepEqual(counted(b), { legacy_not_allowed: 3, own_certificate: 1, bad_proof: 1 });
});

Deno.test("a recorded exchange is refused when it is played again", async () => {
  await using network = new Network();
  const b = network.relay(2);
  b.apply({ trusted: [new TestRelay(network, 1, {}).trusted] });
  const handshake = new DiallerHandshake(testRelay(1), b.certificate.fingerprintBytes);
  const first = dial(network, b);
  first.say(handshake.hello);
  const step = handshake.receive(await first.hear());
  assert(step.then === "prove");
  first.say(step.message);
  assert.equal((await first.hear()).type, "FederationReady");
  const second = dial(network, b);
  second.say(handshake.hello);
  second.say(step.message);
  assert.equal((await second.client.closed).reason, "replay");
  assert.equal(first.client.closeInfo, null);
  assert.deepEqual(b.happened, ["up relay 1"]);
});

Deno.test("a peer with another certificate is refused with one line that shows both and says what to do", async () => {
  await using network = new Network();
  const [a, b, c] = [network.relay(1), network.relay(2), network.relay(3)];
  b.apply({ trusted: [a.trusted] });
  const { host, port } = b.peer;
  a.apply({ peers: [{ ...c.peer, host, port }] });
  await network.pass(60_000, 1_000);
  assert.deepEqual([a.happened, b.happened], [[], []]);
  const lines = a.lines.filter(({ message }) => message.includes("certificate"));
  assert.equal(lines.length, 1);
  assert.deepEqual(lines[0]!.fields.configured, [colons(c)]);
  assert.equal(lines[0]!.fields.tls_fingerprint, colons(b));
  assert.match(lines[0]!.message, /set it in \[\[peers\]\]/);
  assert(counted(a).fingerprint_mismatch! > 2);
  await network.pass(600_000, 5_000);
  assert.equal(a.logged("certificate of a peer").length, 2);
});

Deno.test("while a relay changes its certificate both are good, one after the other", async () => {
  await using network = new Network();
  const [a, b, c] = [network.relay(1), network.relay(2), network.relay(3)];
  for (const relay of [b, c]) relay.apply({ trusted: [a.trusted] });
  const both = { ...b.peer, fingerprints: [b.key, c.key], label: "changing" };
  a.apply({ peers: [both] });
  await network.pass(1_000);
  assert.equal(a.link.relay, b.key);
  b.die();
  network.moved.set("192.0.2.2:4433", c);
  await network.pass(10_000);
  assert.equal(a.link.relay, c.key);
  assert.deepEqual(a.happened, ["up changing", "down changing", "up changing"]);
  assert.deepEqual(counted(a), {});
});

Deno.test("two relays cannot have one label at a time", async () => {
  await using network = new Network();
  const [a, b, c] = [network.relay(1), network.relay(2), network.relay(3)];
  a.apply({ trusted: [{ fingerprints: [b.key, c.key], label: "B", allowLegacy: false }] });
  b.apply({ peers: [a.peer] });
  await network.settled();
  c.apply({ peers: [a.peer] });
  await network.settled();
  assert.equal(a.link.relay, b.key);
  assert(counted(a).label_in_use! > 0);
  await b.table.close("shutdown");
  await network.pass(20_000);
  assert.equal(a.link.relay, c.key);
});

Deno.test("handshakes that do not end are bounded per source and in all, and the oldest gives way", async () => {
  await using network = new Network();
  const b = network.relay(2, { pending: { inAll: 4, perSource: 2 } });
  b.apply({ trusted: [new TestRelay(network, 1, {}).trusted] });
  const idle = ["1", "1", "1", "2", "3"].map((n) => dial(network, b, `198.51.100.${n}`));
  await network.settled();
  const reasons = () => idle.map(({ client }) => client.closeInfo?.reason ?? null);
  assert.deepEqual(reasons(), [null, null, "over_source_limit", null, null]);
  const early = dial(network, b, "198.51.100.4");
  await network.settled();
  assert.equal(early.client.closeInfo!.reason, "over_limit");
  network.clock.advance(1_000);
  const late = dial(network, b, "198.51.100.5");
  await network.settled();
  assert.equal(late.client.closeInfo, null);
  assert.equal(reasons()[0], "over_limit");
  await network.pass(5_000);
  assert.deepEqual(counted(b), { over_source_limit: 1, over_limit: 2, gone: 1, timeout: 4 });
  const source = dial(network, b, "198.51.100.1");
  await network.settled();
  assert.equal(source.client.closeInfo, null);
});

Deno.test("no answer within 5 seconds ends a dial, and the log says what may be the matter", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  network.others.set("192.0.2.2:4433", () => true);
  a.apply({ peers: [b.peer] });
  await network.pass(5_000);
  assert.deepEqual(counted(a), { timeout: 1 });
  assert.equal(a.connections[0]!.closeInfo!.reason, "timeout");
  assert.equal(a.logged("allow_legacy = true").length, 1);
});
