import assert from "node:assert/strict";
import { encodeFrame, type SignalOf } from "../../proto/signal/mod.ts";
import {
  answer,
  type Client,
  offer,
  person,
  type RegisterOptions,
  registerPresence,
  Rig,
  settle,
  typesOf,
} from "./testing_rig.ts";

const ALICE = person(1);
const BOB = person(2);
const ZERO_KEY = new Uint8Array(32);
const ZERO_FINGERPRINT = "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e20";

const ACK: SignalOf<"RegisterPresenceAck"> = {
  type: "RegisterPresenceAck",
  success: true,
  error: null,
  relay_build: "abc1234",
  relay_region: null,
  available_relays: [],
  ext: null,
};

async function anonymous(rig: Rig): Promise<Client> {
  const client = rig.connect();
  client.say({ ...registerPresence(ALICE), identity_pub: ZERO_KEY });
  await settle();
  assert.deepEqual(client.take(), [ACK]);
  return client;
}

/** What an attempt to register is answered with. */
async function attempt(rig: Rig, message: SignalOf<"RegisterPresence">) {
  const client = rig.connect();
  const [ack] = await client.ask(message);
  assert.ok(ack?.type === "RegisterPresenceAck");
  return { client, ack, error: ack.error };
}

const signed = (rig: Rig, how: RegisterOptions = {}, skewMs = 0) =>
  registerPresence(ALICE, { ...how, signed: true, now: rig.clock.wall() + skewMs });

Deno.test("a registration is answered by an Ack that says no more than there is to say", async () => {
  const rig = new Rig();
  const { ack } = await attempt(rig, registerPresence(ALICE));
  assert.deepEqual(ack, ACK);
  // Empty fields are left out on the wire.
  const text = new TextDecoder().decode(encodeFrame(ACK).subarray(4));
  assert.equal(text, '{"RegisterPresenceAck":{"success":true,"relay_build":"abc1234"}}');
});

Deno.test("the Ack tells region and other relays as they are at that moment", async () => {
  const rig = new Rig();
  rig.region = "eu-north";
  rig.relays = ["B|192.0.2.1:4433"];
  const { ack } = await attempt(rig, registerPresence(ALICE));
  assert.deepEqual(ack, {
    ...ACK,
    relay_region: "eu-north",
    available_relays: ["B|192.0.2.1:4433"],
  });
});

Deno.test("capabilities are announced to those who announced theirs", async () => {
  const rig = new Rig();
  const { ack } = await attempt(rig, registerPresence(ALICE, { caps: [] }));
  assert.deepEqual(ack.ext, { v: 1, caps: ["drain", "signed"] });
});

Deno.test("presence begins with the registration and ends with the connection", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE, { alias: "Alice" });
  assert.deepEqual(rig.presence, [`+ ${ALICE.fingerprint} Alice`]);
  assert.equal(rig.counters.activeRegistrations, 1);
  await alice.leave();
  assert.deepEqual(rig.presence, [`+ ${ALICE.fingerprint} Alice`, `- ${ALICE.fingerprint}`]);
  assert.equal(rig.counters.activeRegistrations, 0);
  assert.equal(rig.counters.registrations.get("ok"), 1);
});

Deno.test("a signed registration is good on its own relay, once and in time", async () => {
  const rig = new Rig();
  const first = signed(rig);
  assert.equal((await attempt(rig, first)).error, null);
  assert.equal(rig.service.hub.isProtected(ALICE.fingerprint), true);
  const replayed = await attempt(rig, first);
  assert.equal(replayed.error, "presence_replayed");
  assert.equal(replayed.ack.success, false);
  assert.equal((await attempt(rig, signed(rig, {}, -120_001))).error, "presence_expired");
  const forged = { ...signed(rig), identity_pub: BOB.publicKey };
  assert.equal((await attempt(rig, forged)).error, "presence_forged");
  const other = registerPresence(ALICE, { signed: true, now: rig.clock.wall() });
  const incomplete = { ...other, ext: { ...other.ext!, nonce: null } };
  assert.equal((await attempt(rig, incomplete)).error, "presence_forged");
  assert.equal(rig.counters.registrations.get("presence_forged"), 2);
});

Deno.test("a refused client is told why, and then its connection is closed with the same words", async () => {
  const rig = new Rig();
  const { client } = await attempt(rig, signed(rig, {}, 200_000));
  assert.equal(client.closed, null);
  rig.clock.advance(1_000);
  assert.equal(client.closed, "presence_expired");
  assert.deepEqual(rig.presence, []);
  assert.equal(rig.service.hub.size, 0);
  // Most clients leave by themselves.
  const other = await attempt(rig, signed(rig, {}, 200_000));
  await other.client.leave();
  assert.equal(rig.clock.pending, 0);
});

Deno.test("what is in the signature field counts only for clients that announced it", async () => {
  const rig = new Rig();
  const odd = { ...registerPresence(ALICE), signature: new Uint8Array(64).fill(7) };
  assert.equal((await attempt(rig, odd)).error, null);
  const other = { ...registerPresence(ALICE, { caps: ["drain"] }), signature: odd.signature };
  assert.equal((await attempt(rig, other)).error, null);
  const empty = registerPresence(ALICE, { caps: ["signed"] });
  assert.equal((await attempt(rig, empty)).error, null);
  assert.equal(rig.service.hub.isProtected(ALICE.fingerprint), false);
});

Deno.test("where signatures are required an unsigned registration is refused, a signed one is not", async () => {
  const rig = new Rig({ requireSigned: true });
  for (const message of [registerPresence(ALICE), registerPresence(ALICE, { caps: ["signed"] })]) {
    assert.equal((await attempt(rig, message)).error, "presence_unsigned");
  }
  assert.equal((await attempt(rig, signed(rig))).error, null);
  await anonymous(rig);
});

Deno.test("while a fingerprint is signed for, an unsigned registration cannot take it over", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE, { signed: true });
  assert.equal((await attempt(rig, registerPresence(ALICE))).error, "presence_protected");
  assert.equal(rig.service.hub.find(ALICE.fingerprint)!.id, alice.id);
  const again = await rig.register(ALICE, { signed: true });
  assert.equal(rig.service.hub.find(ALICE.fingerprint)!.id, again.id);
  await alice.leave();
  await again.leave();
  assert.equal((await attempt(rig, registerPresence(ALICE))).error, null);
});

Deno.test("a signed registration puts an end to unsigned ones and to their calls", async () => {
  const rig = new Rig();
  const bob = await rig.register(BOB);
  const impostor = await rig.register(ALICE);
  impostor.say(offer(ALICE.fingerprint, BOB.fingerprint));
  await settle();
  bob.take();
  const alice = await rig.register(ALICE, { signed: true });
  await settle();
  assert.equal(impostor.closed, "presence_protected");
  assert.deepEqual(bob.take(), [{ type: "Hangup", reason: "Normal", call_id: "18a5f2c3d4e5f607" }]);
  bob.say(answer("AcceptGeneric"));
  await settle();
  assert.deepEqual(alice.take(), []);
  assert.equal(rig.service.hub.find(ALICE.fingerprint)!.id, alice.id);
  assert.equal(rig.presence.filter((line) => line === `- ${ALICE.fingerprint}`).length, 1);
});

Deno.test("what a displaced client said last does not count", async () => {
  const rig = new Rig();
  const bob = await rig.register(BOB);
  const impostor = await rig.register(ALICE);
  const owner = rig.connect();
  owner.say(signed(rig));
  for (let i = 0; i < 50; i++) {
    impostor.say(offer(ALICE.fingerprint, BOB.fingerprint, { call_id: `c${i}` }));
  }
  await settle();
  // Every call the impostor still got through was ended when it was displaced.
  assert.equal(rig.service.calls.size, 0);
  const types = typesOf(bob.take());
  const count = (type: string) => types.filter((each) => each === type).length;
  assert.equal(count("DirectCallOffer"), count("Hangup"));
});

Deno.test("reflect probes share the all-zero key, and neither disturb each other nor can be called", async () => {
  const rig = new Rig();
  const probes = [await anonymous(rig), await anonymous(rig), await anonymous(rig)];
  const bob = await rig.register(BOB);
  for (const probe of probes) {
    assert.deepEqual(
      await probe.ask({ type: "Reflect" }),
      [
        { type: "ReflectResponse", observed_addr: "127.0.0.1:50000" },
      ].map((each) => ({ ...each, observed_addr: addressOf(probe) })),
    );
  }
  await probes[1]!.leave();
  assert.equal(probes[0]!.closed, null);
  assert.deepEqual(typesOf(await probes[0]!.ask({ type: "Reflect" })), ["ReflectResponse"]);
  assert.deepEqual(await bob.ask(offer(BOB.fingerprint, ZERO_FINGERPRINT)), [
    { type: "Hangup", reason: "Normal", call_id: null },
  ]);
  assert.deepEqual(await probes[0]!.ask(offer(ZERO_FINGERPRINT, BOB.fingerprint)), [
    { type: "Hangup", reason: "Error", call_id: "18a5f2c3d4e5f607" },
  ]);
  assert.deepEqual(bob.take(), []);
  assert.equal(rig.presence.length, 1);
  assert.equal(rig.counters.activeRegistrations, 3);
});

const addressOf = ({ server }: Client) => `${server.remoteAddress.ip}:${server.remoteAddress.port}`;

Deno.test("with authentication the token's fingerprint counts, and a difference is logged", async () => {
  const rig = new Rig();
  rig.tokens = new Map([["good", { ok: true, fingerprint: "token-fp", alias: "Token" }]]);
  const client = rig.connect();
  client.say({ type: "AuthToken", token: "good" });
  assert.deepEqual(await client.ask(registerPresence(ALICE)), [ACK]);
  assert.deepEqual(rig.presence, ["+ token-fp Token"]);
  assert.equal(rig.service.calls.isAuthenticated("token-fp"), true);
  assert.equal(rig.service.calls.isAuthenticated(ALICE.fingerprint), false);
  const [fields] = rig.logged("token and key belong to different fingerprints, the token counts");
  assert.deepEqual(fields, { conn: "c1", fingerprint: "token-fp", key: ALICE.fingerprint });
  await client.leave();
  assert.equal(rig.service.calls.isAuthenticated("token-fp"), false);
});

Deno.test("with authentication a missing or bad token is refused without an Ack", async () => {
  const rig = new Rig();
  rig.tokens = new Map();
  const without = rig.connect();
  assert.deepEqual(await without.ask(registerPresence(ALICE)), []);
  assert.equal(without.closed, "not authorized");
  const wrong = rig.connect();
  assert.deepEqual(await wrong.ask({ type: "AuthToken", token: "bad" }), []);
  assert.equal(wrong.closed, "not authorized");
  const details = rig.logged("client did not register").map(({ detail }) => detail);
  assert.deepEqual(details, ["token_missing", "token_rejected"]);
});

Deno.test("an original client that names itself by its key is known by its token all the same", async () => {
  const rig = new Rig();
  rig.tokens = new Map([
    ["a", { ok: true, fingerprint: "fp-a", alias: null }],
    ["b", { ok: true, fingerprint: "fp-b", alias: null }],
  ]);
  const [alice, bob] = [rig.connect(), rig.connect()];
  alice.say({ type: "AuthToken", token: "a" });
  alice.say(registerPresence(ALICE));
  bob.say({ type: "AuthToken", token: "b" });
  bob.say(registerPresence(BOB));
  await settle();
  bob.take();
  alice.say(offer(ALICE.fingerprint, "fp-b"));
  await settle();
  const [heard] = bob.take();
  assert.ok(heard?.type === "DirectCallOffer" && heard.caller_fingerprint === "fp-a");
});

Deno.test("a token that nobody asked for is ignored", async () => {
  const rig = new Rig();
  const client = rig.connect();
  client.say({ type: "AuthToken", token: "whatever" });
  assert.deepEqual(await client.ask(registerPresence(ALICE)), [ACK]);
  assert.equal(rig.service.calls.isAuthenticated(ALICE.fingerprint), false);
});

Deno.test("who says something else first, or nothing readable, is closed without an Ack", async () => {
  const rig = new Rig();
  const early = rig.connect();
  assert.deepEqual(await early.ask({ type: "Reflect" }), []);
  assert.equal(early.closed, "bad handshake");
  const garbled = rig.connect();
  await garbled.sayBytes(Uint8Array.of(0, 0, 0, 1, 0x7b));
  await settle();
  assert.deepEqual(garbled.take(), []);
  assert.equal(garbled.closed, "bad handshake");
  assert.equal(rig.counters.registrations.get("bad_handshake"), 2);
});

Deno.test("a client has 10 s to register, and no timer stays behind", async () => {
  const rig = new Rig();
  const silent = rig.connect();
  const half = rig.connect();
  const stream = await half.connection.openBidi();
  await stream.send.write(Uint8Array.of(0, 0));
  await settle();
  rig.clock.advance(9_999);
  await settle();
  assert.equal(silent.closed, null);
  rig.clock.advance(1);
  await settle();
  assert.equal(silent.closed, "handshake timeout");
  assert.notEqual(half.closed, null);
  const gone = rig.connect();
  await gone.leave();
  assert.equal(rig.counters.registrations.get("closed"), 1);
  await rig.register(ALICE);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("connections are bounded in all and per source, registered or not", async () => {
  const rig = new Rig({ maxRegistrations: 3, maxRegistrationsPerSource: 2 });
  const first = rig.connect();
  await rig.register(ALICE);
  const third = rig.connect();
  assert.equal(third.closed, "too many registrations");
  rig.rules = { ...rig.rules, maxRegistrationsPerSource: 10 };
  rig.connect();
  assert.equal(rig.connect().closed, "too many registrations");
  await first.leave();
  await rig.register(BOB);
  assert.equal(rig.counters.registrations.get("over_limit"), 2);
});

Deno.test("an alias is kept, cut to what a list of callers can show", async () => {
  const rig = new Rig();
  await rig.register(ALICE, { alias: "x".repeat(500) });
  assert.equal(rig.service.hub.find(ALICE.fingerprint)!.alias, "x".repeat(64));
});

Deno.test("nobody is reachable before the Ack is queued", async () => {
  const rig = new Rig();
  const bob = await rig.register(BOB);
  // The offers are there when Alice's registration is read, and are handled on either side of it.
  const alice = rig.connect();
  for (let i = 0; i < 20; i++) {
    bob.say(offer(BOB.fingerprint, ALICE.fingerprint, { call_id: `c${i}` }));
    if (i === 5) alice.say(registerPresence(ALICE));
  }
  await settle();
  const heard = typesOf(alice.take());
  assert.equal(heard[0], "RegisterPresenceAck");
  assert.equal(heard.filter((type) => type === "RegisterPresenceAck").length, 1);
  const told = typesOf(bob.take());
  assert.equal(told.filter((type) => type === "CallRinging").length, heard.length - 1);
  assert.ok(told.includes("Hangup"));
});
