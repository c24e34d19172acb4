import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { Authenticator, AuthFailure, AuthOutcome } from "../ports/auth.ts";
import { parseAddressBlock } from "../config/address_block.ts";
import { DEFAULTS, type Guest, settle, TestRelay } from "./testing_rooms.ts";

const SEED = new Uint8Array(32).fill(7);
const FINGERPRINT = new Identity(nodeCrypto, SEED).fingerprint;

/** A service that knows the token `good` as `somebody`, and `mine` as the client's own key. */
function authenticator(failure: AuthFailure = "token_rejected"): Authenticator {
  const who: Record<string, string> = { good: "somebody", mine: FINGERPRINT };
  return {
    required: true,
    check(token): Promise<AuthOutcome> {
      const fingerprint = who[token];
      return Promise.resolve(
        fingerprint === undefined
          ? { ok: false, reason: failure }
          : { ok: true, fingerprint, alias: "From the service" },
      );
    },
  };
}

async function refused(guest: Guest, reason: string): Promise<void> {
  const end = await guest.connection.closed;
  assert.deepEqual(end, { kind: "peer", code: 0, reason });
  // Before any stream of the relay.
  assert.equal(await guest.channel.receive(), null);
}

Deno.test("a client is answered first, then joined, then told who is there", async () => {
  const relay = new TestRelay();
  const guest = relay.arrive("general", { alias: "Alice", seed: SEED });
  const answer = await guest.join();
  assert.equal(answer.chosen_profile.codec, "Opus24k");
  assert.deepEqual(answer.identity_pub, relay.identity.publicKey);
  assert.equal(answer.ext, null);
  await guest.inRoomOf(1);
  assert.deepEqual(guest.room!.participants, [
    { fingerprint: FINGERPRINT, alias: "Alice", relay_label: null },
  ]);
  assert.equal(relay.counters.roomHandshakeDuration.count, 1);
  assert.equal(relay.counters.joins.get("joined"), 1);
  assert.deepEqual(relay.present, [`${FINGERPRINT}@general`]);
  assert.equal(relay.held, 1);
  guest.leave();
  await settle();
  assert.deepEqual([relay.present.length, relay.held, relay.counters.activeRooms], [0, 0, 0]);
});

Deno.test("a client that says nothing is closed after the handshake timeout", async () => {
  const relay = new TestRelay();
  const guest = relay.arrive("general");
  await settle();
  relay.clock.advance(14_999);
  await settle();
  assert.equal(guest.connection.closeInfo, null);
  relay.clock.advance(1);
  await refused(guest, "handshake timeout");
  assert.equal(relay.counters.joins.get("handshake_timeout"), 1);
  assert.equal(relay.counters.joins.get("gone"), 0);
});

Deno.test("the time limit covers a token check that takes too long", async () => {
  const check = Promise.withResolvers<AuthOutcome>();
  const relay = new TestRelay({
    authenticator: { required: true, check: () => check.promise },
  });
  const guest = relay.arrive("general", { token: "good" });
  const joining = assert.rejects(guest.join(), /handshake timeout/);
  await settle();
  relay.clock.advance(15_000);
  await joining;
  check.resolve({ ok: true, fingerprint: "somebody", alias: null });
  await settle();
  assert.equal(relay.counters.joins.get("joined"), 0);
});

Deno.test("a client that leaves before its offer is nothing unusual", async () => {
  const relay = new TestRelay();
  const guest = relay.arrive("call-abc");
  guest.leave();
  await settle();
  assert.equal(relay.counters.joins.get("gone"), 1);
  assert.equal(relay.clock.pending, 0);
});

Deno.test("what is no signed offer is refused", async () => {
  const relay = new TestRelay();
  const offers = [
    (guest: Guest) => ({ ...guest.offer(), signature: new Uint8Array(64) }),
    (guest: Guest) => ({ ...guest.offer(), signature: new Uint8Array(0) }),
    (guest: Guest) => ({ ...guest.offer(), ephemeral_pub: new Uint8Array(32) }),
    () => ({ type: "Ping", timestamp_ms: 1 }) as const,
    (guest: Guest) => ({ ...guest.offer(), identity_pub: new Uint8Array(32) }),
  ];
  for (const offer of offers) {
    const guest = relay.arrive("general");
    guest.channel.send(offer(guest));
    await refused(guest, "bad handshake");
  }
  const guest = relay.arrive("general");
  const stream = await guest.connection.openBidi();
  await stream.send.finish(Uint8Array.from([0, 0, 0, 2, 0x7b, 0x21]));
  await refused(guest, "bad handshake");
  assert.equal(relay.counters.joins.get("bad_handshake"), offers.length + 1);
});

Deno.test("a name no client can send is refused", async () => {
  await refused(new TestRelay().arrive("a b"), "bad room name");
});

Deno.test("without an authentication service a token is ignored", async () => {
  const relay = new TestRelay();
  const guest = await relay.join("general", { token: "anything", seed: SEED });
  await guest.inRoomOf(1);
  assert.equal(guest.room!.participants[0]!.fingerprint, FINGERPRINT);
  const twice = relay.arrive("general");
  for (const token of ["a", "b"]) twice.channel.send({ type: "AuthToken", token });
  await refused(twice, "bad handshake");
});

Deno.test("the service's fingerprint counts, and a difference is logged", async () => {
  const relay = new TestRelay({ authenticator: authenticator() });
  const guest = await relay.join("general", { token: "good", seed: SEED });
  await guest.inRoomOf(1);
  assert.deepEqual(guest.room!.participants, [
    { fingerprint: "somebody", alias: "From the service", relay_label: null },
  ]);
  const named = await relay.join("general", { token: "mine", seed: SEED, alias: "Me" });
  await named.inRoomOf(2);
  assert.deepEqual(named.room!.participants[1], {
    fingerprint: FINGERPRINT,
    alias: "Me",
    relay_label: null,
  });
  const warnings = (await relay.logged()).filter((line) => line.includes("another identity"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, new RegExp(`somebody.*${FINGERPRINT}`));
  // The authenticator counts its questions itself; this one does not.
  assert.equal(relay.counters.authAttempts.get("ok"), 0);
});

Deno.test("a missing or bad token is refused, whatever the reason", async () => {
  for (
    const failure of ["token_rejected", "service_unreachable", "service_timeout"] as const
  ) {
    const relay = new TestRelay({ authenticator: authenticator(failure) });
    const bad = relay.arrive("general", { token: "bad" });
    await assert.rejects(bad.join(), /not authorized/);
    await refused(bad, "not authorized");
    assert((await relay.logged()).some((line) => line.includes(failure)));
    const none = relay.arrive("general");
    await assert.rejects(none.join(), /not authorized/);
    // Counting attempts is the business of the authenticator.
    assert.equal(relay.counters.authAttempts.get("fail"), 0);
  }
});

Deno.test("a registered party joins its own call without a token, and nobody else does", async () => {
  const relay = new TestRelay({
    authenticator: authenticator(),
    calls: {
      mayJoin: (call, fingerprint) => call === "c1" && fingerprint === FINGERPRINT,
      isSetUp: () => true,
      isAuthenticated: (fingerprint) => fingerprint === FINGERPRINT,
    },
  });
  await relay.join("call-c1", { seed: SEED });
  await assert.rejects(relay.join("call-c2", { seed: SEED }), /not authorized/);
  await assert.rejects(relay.join("general", { seed: SEED }), /not authorized/);
  await assert.rejects(relay.join("call-c1"), /not authorized/);
  // A good token does not make somebody a party, and a bad one is bad here too.
  await assert.rejects(relay.join("call-c1", { token: "good" }), /denied/);
  await assert.rejects(relay.join("call-c1", { seed: SEED, token: "bad" }), /not authorized/);
});

Deno.test("the grace needs a registration that showed a token", async () => {
  const relay = new TestRelay({
    authenticator: authenticator(),
    calls: { isSetUp: () => true, mayJoin: () => true, isAuthenticated: () => false },
  });
  await assert.rejects(relay.join("call-c1", { seed: SEED }), /not authorized/);
  await relay.join("call-c1", { seed: SEED, token: "mine" });
});

/** A relay on which these two have the call c1. */
function relayWithCall() {
  const [caller, callee] = [1, 2].map((fill) => new Uint8Array(32).fill(fill));
  const parties = [caller!, callee!].map((seed) => new Identity(nodeCrypto, seed).fingerprint);
  const relay = new TestRelay({
    calls: {
      isSetUp: (call) => call === "c1",
      mayJoin: (call, fingerprint) => call === "c1" && parties.includes(fingerprint),
      isAuthenticated: () => false,
    },
  });
  return { relay, caller, callee };
}

Deno.test("a call's room takes its two parties and no third", async () => {
  const { relay, caller, callee } = relayWithCall();
  await relay.join("call-c1", { seed: caller! });
  await assert.rejects(relay.join("call-c1"), /denied/);
  await assert.rejects(relay.join("call-c2", { seed: caller! }), /denied/);
  const second = await relay.join("call-c1", { seed: callee! });
  await second.inRoomOf(2);
  await assert.rejects(relay.join("call-c1", { seed: callee! }), /room full/);
});

Deno.test("a party that comes before its call is answered waits for that, for a second and not longer", async () => {
  let active = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const relay = new TestRelay({
    calls: {
      isSetUp: () => active,
      mayJoin: (_, fingerprint) => active && fingerprint === FINGERPRINT,
      isAuthenticated: () => false,
      answered: (_, fingerprint) => fingerprint === FINGERPRINT ? promise : null,
    },
  });
  const late = relay.arrive("call-c1", { seed: SEED });
  const joining = assert.rejects(late.join(), /denied/);
  await assert.rejects(relay.join("call-c1"), /denied/, "others do not wait");
  await settle();
  relay.clock.advance(999);
  await settle();
  assert.equal(late.connection.closeInfo, null);
  relay.clock.advance(1);
  await joining;
  const early = relay.arrive("call-c1", { seed: SEED });
  const joined = early.join();
  await settle();
  active = true;
  resolve();
  await joined;
  await early.inRoomOf(1);
});

Deno.test("while the relay drains only the parties of a call come in, and only into its room", async () => {
  const { relay, caller, callee } = relayWithCall();
  const early = relay.arrive("call-c1");
  const stranger = relay.arrive("call-c1");
  await settle();
  relay.rooms.drain({ deadline_ms: 5_000, relays: [], reason: "update" });
  await relay.join("call-c1", { seed: caller! });
  const party = await relay.join("call-c1", { seed: callee!, caps: ["drain"] });
  await party.inRoomOf(2);
  await party.until(() => party.received("RelayDraining").length === 1);
  await assert.rejects(relay.join("call-c1"), /draining/);
  await assert.rejects(stranger.join(), /draining/);
  // Who can be judged unheard does not wait for its own time limit.
  await refused(relay.arrive("call-c2"), "draining");
  await refused(relay.arrive("general"), "draining");
  assert.equal(early.connection.closeInfo, null);
  assert.equal(relay.counters.joins.get("draining"), 4);
});

Deno.test("denied addresses and keys do not come in, also after a reload", async () => {
  const relay = new TestRelay({ authenticator: authenticator() });
  await relay.join("general", { seed: SEED, token: "good" });
  relay.settings = { ...DEFAULTS, deny_fingerprints: [FINGERPRINT] };
  await assert.rejects(relay.join("general", { seed: SEED, token: "good" }), /denied/);
  await assert.rejects(relay.join("general", { seed: SEED, token: "mine" }), /denied/);
  relay.settings = { ...DEFAULTS, deny_fingerprints: ["somebody"] };
  await assert.rejects(relay.join("general", { token: "good" }), /denied/);
  relay.settings = { ...DEFAULTS, deny_addresses: [parseAddressBlock("127.0.0.0/8")!] };
  await refused(relay.arrive("general"), "denied");
});

Deno.test("connections that have not joined are bounded, in all and per source", async () => {
  const relay = new TestRelay();
  relay.settings = { ...DEFAULTS, max_pending_joins: 2 };
  const waiting = [relay.arrive("general"), relay.arrive("general")];
  await refused(relay.arrive("general"), "server busy");
  await waiting[0]!.join();
  const next = relay.arrive("general");
  await settle();
  assert.equal(next.connection.closeInfo, null);
  relay.settings = { ...DEFAULTS, max_handshakes_per_source: 2 };
  await refused(relay.arrive("general"), "server busy");
  waiting[1]!.leave();
  next.leave();
  await settle();
  await relay.join("general");
  assert.equal(relay.counters.joins.get("server_busy"), 2);
});

Deno.test("a client that answers our extensions is told ours", async () => {
  const answer = await new TestRelay().arrive("general", { caps: ["echo"] }).join();
  assert.deepEqual(answer.ext, { v: 1, caps: ["drain", "echo"], rtts: null, relays: [] });
});

Deno.test("where else a room is carried is told to clients that understand a drain, and to no others", async () => {
  const relay = new TestRelay({ carriers: (room) => [`B of ${room}|192.0.2.1:4433`] });
  const told = async (caps: readonly string[]) =>
    (await relay.arrive("general", { caps }).join()).ext!.relays;
  assert.deepEqual(await told(["drain"]), ["B of general|192.0.2.1:4433"]);
  assert.deepEqual(await told(["echo"]), []);
  assert.equal((await relay.arrive("general").join()).ext, null);
});

Deno.test("datagrams before the join wait for it", async () => {
  const relay = new TestRelay();
  const listener = await relay.join("general");
  const early = relay.arrive("general");
  for (const seq of [1, 2, 3]) early.speak(seq);
  await settle();
  assert.equal(relay.counters.packetsReceived, 0);
  await early.join();
  await listener.until(() => listener.packets.length === 3);
  assert.deepEqual(listener.heard, [1, 2, 3]);
});

Deno.test("signals on the media connection are read and end nothing", async () => {
  const relay = new TestRelay();
  const guest = await relay.join("general");
  const { channel } = guest;
  // More than the stream credit: each must be finished by the relay.
  for (let i = 0; i < 60; i++) channel.send({ type: "Mute" });
  channel.send({ type: "Hangup", reason: "Normal", call_id: null });
  for (let i = 0; i < 60; i++) channel.send({ type: "Unmute" });
  channel.send({ type: "Ping", timestamp_ms: 42 });
  await guest.until(() => guest.received("Pong").length === 1);
  assert.deepEqual(guest.received("Pong"), [{ type: "Pong", timestamp_ms: 42 }]);
  assert.equal(guest.connection.closeInfo, null);
  const stream = await guest.connection.openBidi();
  await stream.send.finish(Uint8Array.from([0, 0, 0, 2, 0x7b, 0x21]));
  channel.send({ type: "Ping", timestamp_ms: 43 });
  await guest.until(() => guest.received("Pong").length === 2);
  assert.equal(relay.counters.signalsReceived, 123);
  assert.equal(relay.counters.signalsInvalid.get("not_json"), 1);
});

Deno.test("rebuilt frames are counted per session while it lasts", async () => {
  const relay = new TestRelay();
  const guest = await relay.join("general");
  const values = [];
  for (const [index, dred_reconstructions] of [10, 25, 5, 30].entries()) {
    guest.channel.send({
      type: "LossRecoveryUpdate",
      dred_reconstructions,
      classical_plc_invocations: 1,
      frames_decoded: 100,
    });
    guest.channel.send({ type: "Ping", timestamp_ms: index });
    await guest.until(() => guest.received("Pong").length === index + 1);
    values.push(...[...relay.counters.sessionDredReconstructions.entries()]);
  }
  assert.deepEqual(values, [10, 25, 25, 30].map((value) => [["t-1"], value]));
  guest.leave();
  await settle();
  assert.equal(relay.counters.sessionDredReconstructions.size, 0);
  assert.equal(relay.counters.sessionClassicalPlc.size, 0);
});

Deno.test("calls are the same service under another kind", async () => {
  const relay = new TestRelay();
  assert.deepEqual([relay.service.kind, relay.service.calls.kind], ["room", "call"]);
  const [guest] = [relay.arrive("general")];
  await guest.join();
  assert.equal(relay.rooms.participants("general").length, 1);
});
