/** Who may register for direct calls, what a client learns of its own address, and what a stranger gets of `_probe`. */
import assert from "node:assert/strict";
import { parseTlsFingerprint } from "../../proto/certificate.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { NOBODY, SignalClient } from "../harness/signal_client.ts";
import { clientsOf, countsOf, relayTest } from "./relay_rig.ts";

const SEED = new Uint8Array(32).fill(1);

relayTest(
  "the answer to a registration names the build, and the region where there is one",
  async ({ clients, relay }) => {
    const original = await SignalClient.dial(clients);
    const ack = await original.register();
    assert.deepEqual({ ...ack, relay_build: null }, {
      type: "RegisterPresenceAck",
      success: true,
      error: null,
      relay_build: null,
      relay_region: "eu-test",
      available_relays: [],
      ext: null,
    });
    assert.ok(relay.stdout.text.includes(`wzp-relay version="${ack.relay_build}"`));
    const ours = await SignalClient.dial(clients, { caps: ["drain"] });
    assert.deepEqual((await ours.register()).ext?.caps, ["drain", "signed"]);
  },
  { config: "region = 'eu-test'\n" },
);

relayTest(
  "a signed registration puts out unsigned ones of its fingerprint and keeps others away",
  async ({ clients, relay }) => {
    const signedFor = parseTlsFingerprint(relay.tlsFingerprint);
    const unsigned = await SignalClient.register(clients, { seed: SEED });
    const signed = await SignalClient.register(clients, { seed: SEED, signedFor });
    assert.equal((await unsigned.connection.closed).reason, "presence_protected");
    const thief = await SignalClient.dial(clients, { seed: SEED });
    const { success, error } = await thief.register();
    assert.deepEqual([success, error], [false, "presence_protected"]);
    await signed.nothingMore();
    const other = await SignalClient.register(clients);
    other.call(signed.fingerprint, "c1");
    await signed.take("DirectCallOffer");
    // Once it has gone, unsigned ones are as good as anywhere.
    signed.leave();
    await other.take("CallRinging");
    await other.take("Hangup");
    await SignalClient.register(clients, { seed: SEED });
  },
);

relayTest(
  "a relay that asks for signatures takes good ones only, each once",
  async ({ clients, relay }) => {
    const signedFor = parseTlsFingerprint(relay.tlsFingerprint);
    const refused = async (client: SignalClient, message = client.registration()) => {
      const { success, error } = await client.register(message);
      assert.equal(success, false);
      assert.equal((await client.connection.closed).reason, error);
      return error;
    };
    assert.equal(await refused(await SignalClient.dial(clients)), "presence_unsigned");
    // Signed for another relay.
    const misled = await SignalClient.dial(clients, { signedFor: new Uint8Array(32).fill(9) });
    assert.equal(await refused(misled), "presence_forged");
    const good = await SignalClient.dial(clients, { seed: SEED, signedFor });
    const registration = good.registration();
    assert.equal((await good.register(registration)).success, true);
    const replayed = await SignalClient.dial(clients, { seed: SEED });
    assert.equal(await refused(replayed, registration), "presence_replayed");
    await good.nothingMore();
    // Who claims no name proves none.
    const probe = await SignalClient.dial(clients);
    const ack = await probe.register({ ...probe.registration(), identity_pub: NOBODY });
    assert.equal(ack.success, true);
    assert.deepEqual(await countsOf(relay, "wzp_relay_active_registrations"), 2);
  },
  { config: "require_signed_presence = true\n" },
);

relayTest(
  "a client learns its address as the relay sees it, two clients two ports",
  async ({ clients, relay }) => {
    await using others = await clientsOf(relay);
    assert.notEqual(clients.address.port, others.address.port);
    for (const socket of [clients, others]) {
      const client = await SignalClient.dial(socket);
      await client.register({ ...client.registration(), identity_pub: NOBODY });
      client.say({ type: "Reflect" });
      assert.deepEqual(await client.take("ReflectResponse"), {
        type: "ReflectResponse",
        observed_addr: formatSocketAddress(socket.address),
      });
      await client.nothingMore();
    }
  },
);

relayTest(
  "asking for one's address without end gets no more answers",
  async ({ clients, relay }) => {
    const client = await SignalClient.register(clients);
    for (let i = 0; i < 60; i++) client.say({ type: "Reflect" });
    client.say({ type: "Ping", timestamp_ms: 7 });
    let answers = 0;
    for (let next = await client.next(); next.type !== "Pong"; next = await client.next()) {
      assert.equal(next.type, "ReflectResponse");
      answers++;
    }
    assert.ok(answers >= 10 && answers < 60, `${answers} answers`);
    const ignored = await countsOf(relay, "wzp_relay_signals_ignored_total");
    assert.equal(ignored["rate_limited"], 60 - answers);
  },
);

relayTest(
  "a stranger's probe gets its pings answered and nothing about who is where",
  async ({ clients, relay }) => {
    const somebody = await SignalClient.register(clients, { seed: SEED });
    const probe = await SignalClient.dial(clients, {}, "_probe");
    for (const timestamp_ms of [1, 2, 3]) {
      probe.say({ type: "Ping", timestamp_ms });
      assert.deepEqual(await probe.next(), { type: "Pong", timestamp_ms });
    }
    probe.say({ type: "PresenceUpdate", fingerprints: [], relay_addr: "192.0.2.1:4433" });
    probe.say({ type: "RouteQuery", fingerprint: somebody.fingerprint, ttl: 8 });
    probe.say(probe.registration());
    await probe.nothingMore();
    assert.deepEqual(await countsOf(relay, "wzp_relay_probe_signals_ignored_total"), {
      unknown_relay: 2,
      unexpected: 1,
    });
  },
);

relayTest(
  "who opens a place for calls and says nothing is closed after ten seconds",
  async ({ clients }) => {
    const began = performance.now();
    const silent = await SignalClient.dial(clients);
    const talker = await SignalClient.dial(clients);
    talker.say({ type: "Ping", timestamp_ms: 1 });
    assert.deepEqual(await talker.connection.closed, {
      kind: "peer",
      code: 0,
      reason: "bad handshake",
    });
    assert.deepEqual(await silent.connection.closed, {
      kind: "peer",
      code: 0,
      reason: "handshake timeout",
    });
    assert.ok(performance.now() - began >= 9_900);
  },
);

relayTest(
  "who is denied does not register, and a reload closes those who have",
  async ({ clients, relay }) => {
    const bad = await SignalClient.register(clients, { seed: SEED });
    const good = await SignalClient.register(clients);
    await relay.reload(`deny_fingerprints = ["${bad.fingerprint}"]\n`);
    const denied = { kind: "peer", code: 0, reason: "denied" };
    assert.deepEqual(await bad.connection.closed, denied);
    const again = await SignalClient.dial(clients, { seed: SEED });
    const { success, error } = await again.register();
    assert.deepEqual([success, error], [false, "denied"]);
    assert.deepEqual(await again.connection.closed, denied);
    await good.nothingMore();
    await relay.reload('deny_addresses = ["127.0.0.1"]\n');
    assert.deepEqual(await good.connection.closed, denied);
    assert.deepEqual(await (await clients.connect("_signal")).closed, denied);
  },
  { config: "" },
);
