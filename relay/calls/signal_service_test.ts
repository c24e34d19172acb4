import assert from "node:assert/strict";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import { parseAddressBlock } from "../config/address_block.ts";
import { loadConfig, readFileOnDisk } from "../config/mod.ts";
import { LifeCycle } from "../life_cycle.ts";
import { signalRules } from "./signal_rules.ts";
import { offer, person, registerPresence, Rig, settle, typesOf } from "./testing_rig.ts";

const ALICE = person(1);
const BOB = person(2);
const NOTICE = {
  deadline_ms: 1_775_000_030_000,
  relays: ["B|192.0.2.1:4433"],
  reason: "SIGTERM",
};

Deno.test("Ping is answered with its own timestamp", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE);
  assert.deepEqual(await alice.ask({ type: "Ping", timestamp_ms: 1_775_000_000_000 }), [
    { type: "Pong", timestamp_ms: 1_775_000_000_000 },
  ]);
});

Deno.test("Reflect answers with the address of the moment, in canonical text", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE);
  for (
    const [ip, port, text] of [
      ["192.0.2.7", 1234, "192.0.2.7:1234"],
      ["::ffff:192.0.2.7", 1234, "192.0.2.7:1234"],
      ["2001:DB8:0:0:0:0:0:1", 80, "[2001:db8::1]:80"],
    ] as const
  ) {
    Object.assign(alice.server.remoteAddress, { ip, port });
    assert.deepEqual(await alice.ask({ type: "Reflect" }), [
      { type: "ReflectResponse", observed_addr: text },
    ]);
  }
});

Deno.test("Reflect is limited per connection: a burst, then a rate", async () => {
  const rig = new Rig();
  const [alice, bob] = [await rig.register(ALICE), await rig.register(BOB)];
  for (let i = 0; i < 30; i++) alice.say({ type: "Reflect" });
  await settle();
  assert.equal(alice.take().length, 10);
  assert.equal(rig.counters.signalsIgnored.get("rate_limited"), 20);
  assert.equal((await bob.ask({ type: "Reflect" })).length, 1);
  rig.clock.advance(1_000);
  for (let i = 0; i < 30; i++) alice.say({ type: "Reflect" });
  await settle();
  assert.equal(alice.take().length, 2);
});

Deno.test("what makes no sense here is ignored, and the connection stays", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE);
  const nonsense: KnownSignal[] = [
    { type: "Hold" },
    { type: "CallRinging", call_id: "c1" },
    { type: "RoomUpdate", count: 0, participants: [] },
    { type: "AuthToken", token: "late" },
    registerPresence(BOB),
    { type: "RelayDraining", deadline_ms: 1, relays: [], reason: null },
  ];
  for (const message of nonsense) assert.deepEqual(await alice.ask(message), []);
  assert.equal(rig.counters.signalsIgnored.get("not_expected"), nonsense.length);
  assert.equal(rig.service.hub.find(BOB.fingerprint), null);
  assert.equal(typesOf(await alice.ask({ type: "Ping", timestamp_ms: 1 }))[0], "Pong");
});

Deno.test("what cannot be read is counted, and the connection stays", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE);
  const text = (body: string) =>
    Uint8Array.of(0, 0, 0, body.length, ...new TextEncoder().encode(body));
  await alice.sayBytes(text("{oops"));
  await alice.sayBytes(text('{"Ping":{}}'));
  await alice.sayBytes(text('{"Dance":{}}'));
  await alice.sayBytes(Uint8Array.of(0, 0, 0, 200, 1));
  await alice.sayBytes(Uint8Array.of(255, 255, 255, 255));
  const reset = await alice.connection.openBidi();
  reset.send.reset(0);
  assert.equal(typesOf(await alice.ask({ type: "Ping", timestamp_ms: 1 }))[0], "Pong");
  const { signalsInvalid, signalsReceived } = rig.counters;
  const counted = signalsInvalid.values.map((value) => [value, signalsInvalid.get(value)] as const);
  assert.deepEqual(Object.fromEntries(counted.filter(([, count]) => count > 0)), {
    not_json: 1,
    bad_field: 1,
    unknown_variant: 1,
    truncated: 2,
    too_large: 1,
  });
  // The registration, the unknown variant and the Ping.
  assert.equal(signalsReceived, 3);
});

Deno.test("signals that are sent are counted", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE);
  await alice.ask({ type: "Ping", timestamp_ms: 1 });
  assert.equal(rig.counters.signalsSent, 2);
});

Deno.test("a client that floods is read at the relay's pace and costs others nothing", async () => {
  const rig = new Rig();
  const [alice, bob] = [await rig.register(ALICE), await rig.register(BOB)];
  for (let i = 0; i < 3_000; i++) alice.say({ type: "Ping", timestamp_ms: i });
  await settle();
  assert.ok(alice.take().length < 1_000);
  assert.equal((await bob.ask({ type: "Ping", timestamp_ms: 1 })).length, 1);
});

Deno.test("a client that takes no streams is answered until its queue is full, and others go on", async () => {
  const rig = new Rig();
  const [deaf, bob] = [await rig.register(ALICE), await rig.register(BOB)];
  deaf.deafen();
  for (let i = 0; i < 350; i++) deaf.say({ type: "Ping", timestamp_ms: i });
  await settle();
  assert.ok(rig.counters.signalsDropped.get("queue_full") > 0);
  assert.deepEqual(
    typesOf(await bob.ask(offer(BOB.fingerprint, ALICE.fingerprint))),
    ["Hangup"],
  );
});

Deno.test("a drain is told to clients that announced it, and only to them", async () => {
  const rig = new Rig();
  const ours = await rig.register(ALICE, { caps: ["drain"] });
  const original = await rig.register(BOB);
  const other = await rig.register(person(3), { caps: ["echo"] });
  const notice = {
    deadline_ms: 1_775_000_030_000,
    relays: ["B|192.0.2.1:4433"],
    reason: "SIGTERM",
  };
  rig.service.drain(notice);
  rig.service.drain(notice);
  await settle();
  assert.deepEqual(ours.take(), [{ type: "RelayDraining", ...NOTICE }]);
  assert.deepEqual([original.take(), other.take()], [[], []]);
  assert.equal((await original.ask({ type: "Ping", timestamp_ms: 1 })).length, 1);
});

Deno.test("a drain that has something to tell gives it time to leave, and one that has not does not", async () => {
  const rig = new Rig();
  await rig.register(ALICE, { caps: ["drain"] });
  const life = new LifeCycle({
    clock: rig.clock,
    drainTimeoutMs: () => 30_000,
    onState: (state) => state === "draining" && rig.service.drain(NOTICE),
  });
  rig.hold = () => life.hold();
  life.serve();
  life.drain("SIGTERM");
  assert.equal(life.state, "draining");
  rig.clock.advance(250);
  assert.equal(life.state, "stopped");
  const quiet = new Rig();
  await quiet.register(ALICE);
  quiet.service.drain(NOTICE);
  assert.equal(quiet.held, 0);
});

Deno.test("the rules follow the configuration", async () => {
  const loaded = await loadConfig({ args: [], env: { HOME: "/h" }, readFile: readFileOnDisk });
  assert.ok("config" in loaded);
  assert.deepEqual(signalRules({ ...loaded.config, call_timeout: 7 }), {
    timeoutMs: 7_000,
    oneAtATime: false,
    maxPerClient: 16,
    maxCalls: 10_000,
    requireSigned: false,
    denials: { deny_fingerprints: [], deny_addresses: [] },
    maxRegistrations: 10_000,
    maxRegistrationsPerSource: 512,
  });
});

Deno.test("who is denied does not register, by key, token or address, and a reload closes who is here", async () => {
  const rig = new Rig();
  const deny = (deny_fingerprints: string[], ...blocks: string[]) => {
    const deny_addresses = blocks.map((block) => parseAddressBlock(block)!);
    rig.rules = { ...rig.rules, denials: { deny_fingerprints, deny_addresses } };
  };
  const [alice, bob] = [await rig.register(ALICE), await rig.register(BOB)];
  await alice.ask(offer(ALICE.fingerprint, BOB.fingerprint));
  deny([ALICE.fingerprint]);
  rig.service.closeDenied();
  await settle();
  assert.deepEqual([alice.closed, bob.closed], ["denied", null]);
  // As for everybody who is gone: the other party hears of it.
  assert.deepEqual(typesOf(bob.take()), ["DirectCallOffer", "Hangup"]);

  const refused = async (...messages: KnownSignal[]) => {
    const client = rig.connect();
    for (const message of messages) client.say(message);
    await settle();
    const [ack] = client.take();
    assert.ok(ack?.type === "RegisterPresenceAck" && !ack.success && ack.error === "denied");
    rig.clock.advance(1_000);
    assert.equal(client.closed, "denied");
  };
  await refused(registerPresence(ALICE));
  rig.tokens = new Map([["t", { ok: true, fingerprint: "of the service", alias: null }]]);
  await refused({ type: "AuthToken", token: "t" }, registerPresence(ALICE));
  deny(["of the service"]);
  await refused({ type: "AuthToken", token: "t" }, registerPresence(BOB));

  deny([], "127.0.0.0/8");
  const unheard = rig.connect();
  await settle();
  assert.equal(unheard.closed, "denied");
  rig.service.closeDenied();
  await settle();
  assert.equal(bob.closed, "denied");
  assert.equal(rig.counters.registrations.get("denied"), 4);
  assert.equal(rig.counters.activeRegistrations, 0);
});

Deno.test("a draining relay registers nobody, and says so", async () => {
  const rig = new Rig();
  const late = rig.connect();
  rig.service.drain({ deadline_ms: 1, relays: [], reason: null });
  const [ack] = await late.ask(registerPresence(ALICE));
  assert.ok(ack?.type === "RegisterPresenceAck" && !ack.success && ack.error === "draining");
  rig.clock.advance(1_000);
  assert.equal(late.closed, "draining");
  const later = rig.connect();
  await settle();
  assert.equal(later.closed, "draining");
  assert.equal(rig.counters.registrations.get("draining"), 2);
});

Deno.test("everything of a client is gone when it left, however it left", async () => {
  const rig = new Rig({ maxRegistrations: 1 });
  for (const end of ["close", "idle", "error"] as const) {
    const alice = await rig.register(ALICE);
    if (end === "close") alice.connection.close(0, "");
    else alice.server.end({ kind: end, code: 0, reason: "" });
    await settle();
    assert.equal(rig.service.hub.size, 0);
    assert.equal(rig.counters.activeRegistrations, 0);
  }
  assert.equal(rig.presence.length, 6);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("a fault of the relay costs one connection, and what it had is given back", async () => {
  const rig = new Rig();
  const alice = await rig.register(ALICE);
  Object.assign(alice.server.remoteAddress, { ip: "no address" });
  await alice.ask({ type: "Reflect" });
  assert.equal(alice.closed, "internal error");
  assert.equal(rig.logged("a signal connection failed").length, 1);
  assert.equal(rig.service.hub.size, 0);
});
