import assert from "node:assert/strict";
import { echoDatagram } from "../proto/echo_datagram.ts";
import { Identity } from "../proto/identity.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { PROFILES } from "../proto/codec.ts";
import { SENT } from "../quic/port.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import { ClientError, type ClientErrorCode } from "./errors.ts";
import { type JoinOptions, joinRoom, type RoomEvent } from "./room_session.ts";
import { TestingRelay, type TestingRelayOptions } from "./testing_relay.ts";

/** Lets everything that waits for nothing but other promises happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function setUp(relayOptions: Partial<TestingRelayOptions> = {}) {
  const clock = new ManualClock();
  const crypto = nodeCrypto;
  const relay = new TestingRelay({ clock, crypto, ...relayOptions });
  const endpoint = relay.endpoint();
  const events: RoomEvent[] = [];
  const media: Uint8Array[] = [];
  const options: JoinOptions = {
    endpoint,
    address: { ip: "127.0.0.1", port: 4433 },
    room: "Kitchen",
    identity: new Identity(crypto, new Uint8Array(32)),
    clock,
    crypto,
    onEvent: (event) => events.push(event),
    onMedia: (datagram) => media.push(datagram),
  };
  const join = (more: Partial<JoinOptions> = {}) => joinRoom({ ...options, ...more });
  return { clock, relay, endpoint, events, media, join };
}

const failsWith = (code: ClientErrorCode, message: RegExp) => (error: unknown) =>
  error instanceof ClientError && error.code === code && message.test(error.message);

Deno.test("joining sends one signed offer with alias and six profiles, and knows the relay by its answer", async () => {
  const { relay, events, join } = setUp();
  const session = await join({ alias: "Ada" });
  assert.equal(session.room, "kitchen");
  assert.equal(session.relay.fingerprint, relay.fingerprint);
  assert.equal(session.relay.original, false);
  const [guest] = relay.guests;
  assert.equal(guest!.room, "kitchen");
  assert.equal(guest!.token, null);
  assert.equal(guest!.offer.alias, "Ada");
  assert.deepEqual(guest!.offer.ext?.caps, ["echo", "drain"]);
  assert.deepEqual(guest!.offer.supported_profiles.map(({ codec }) => codec), [
    "Opus64k",
    "Opus48k",
    "Opus32k",
    "Opus24k",
    "Opus6k",
    "Codec2_1200",
  ]);
  await settle();
  assert.deepEqual(events.map(({ type }) => type), ["joined", "participants"]);
});

Deno.test("a token goes first", async () => {
  const { relay, join } = setUp();
  await join({ token: "secret" });
  assert.equal(relay.guests[0]!.token, "secret");
});

Deno.test("a name that cannot be a server name is refused before anything is sent", async () => {
  const { endpoint, join } = setUp();
  for (const room of ["", "a b", "10.0.0.1", "12345", "-a", "x".repeat(64)]) {
    await assert.rejects(join({ room }), failsWith("usage", /Cannot use room name/));
  }
  assert.equal(endpoint.dialled.length, 0);
});

Deno.test("what is no proper answer ends the attempt with a sentence and a closed connection", async () => {
  const cases = [
    ["forged", /signature/],
    ["other", /sent Hold where its CallAnswer belongs/],
    ["refuse", /refused: not authorized/],
  ] as const;
  for (const [answer, message] of cases) {
    const { endpoint, join } = setUp({ answer });
    await assert.rejects(join(), failsWith("refused", message));
    assert.notEqual(endpoint.dialled[0]!.closeInfo, null);
  }
});

Deno.test("a relay that never answers is given up", async () => {
  const { clock, endpoint, join } = setUp({ answer: "silence" });
  const joining = assert.rejects(join(), failsWith("refused", /did not answer .* 15000 ms/));
  await settle();
  clock.advance(14_999);
  assert.equal(endpoint.dialled[0]!.closeInfo, null);
  clock.advance(1);
  await joining;
  assert.equal(clock.pending, 0);
});

Deno.test("signals of the relay become events, and those we do not know nothing", async () => {
  const { relay, events, join } = setUp();
  await join();
  relay.send({ type: "QualityDirective", recommended_profile: PROFILES.DEGRADED, reason: "weak" });
  relay.send({ type: "RelayDraining", deadline_ms: 7, relays: ["b|127.0.0.1:1"], reason: null });
  relay.send({ type: "Hold" });
  relay.send({ type: "Hangup", reason: "Busy", call_id: null });
  await settle();
  assert.deepEqual(events.slice(2), [
    { type: "directive", profile: PROFILES.DEGRADED, reason: "weak" },
    { type: "draining", deadlineMs: 7, relays: ["b|127.0.0.1:1"], reason: null },
    { type: "hangup", reason: "Busy" },
  ]);
});

Deno.test("a message that cannot be read does not end the session", async () => {
  const { relay, events, join } = setUp();
  await join();
  const stream = await relay.guests[0]!.connection.openBidi();
  await stream.send.finish(Uint8Array.of(0, 0, 0, 1, 0x7b));
  relay.send({ type: "Hangup", reason: "Normal", call_id: null });
  await settle();
  assert.deepEqual(events.slice(2).map(({ type }) => type), ["unreadable", "hangup"]);
});

Deno.test("a ping is answered", async () => {
  const { relay, join } = setUp();
  await join();
  relay.send({ type: "Ping", timestamp_ms: 12345 });
  await relay.until(() => relay.guests[0]!.signals.length > 0);
  assert.deepEqual(relay.guests[0]!.signals, [{ type: "Pong", timestamp_ms: 12345 }]);
});

Deno.test("echo requests go back unchanged and are no media", async () => {
  const { relay, media, join } = setUp({ original: true });
  await join();
  const { connection } = relay.guests[0]!;
  const back: Uint8Array[] = [];
  connection.onDatagram((bytes) => back.push(bytes));
  const request = echoDatagram.encode({ kind: "request", seq: 9, clockUs: 123n });
  connection.sendDatagram(request);
  connection.sendDatagram(Uint8Array.of(1, 2, 3));
  assert.deepEqual(back, [echoDatagram.replyTo(request)]);
  assert.deepEqual(media, [Uint8Array.of(1, 2, 3)]);
});

Deno.test("the path is measured with echoes where the relay answers them", async () => {
  const { clock, join } = setUp();
  const session = await join();
  clock.advance(2_000);
  assert.deepEqual(session.quality(), { lossPercent: 0, rttMs: 0, jitterMs: 0 });
});

Deno.test("a transport that tells loss and round trip is believed, and no echo sent", async () => {
  const { clock, relay, endpoint, join } = setUp();
  let sent = 0;
  const telling = {
    ...endpoint,
    async dial(options: Parameters<typeof endpoint.dial>[0]) {
      const connection = await endpoint.dial(options);
      return Object.assign(connection, {
        pathStats: () => ({ rttMs: 42, lost: sent / 10, sent: sent += 100 }),
      });
    },
  };
  const session = await join({ endpoint: telling });
  let echoes = 0;
  relay.guests[0]!.connection.onDatagram(() => echoes++);
  clock.advance(5_000);
  assert.deepEqual(session.quality(), { lossPercent: 10, rttMs: 42, jitterMs: 0 });
  assert.equal(echoes, 0);
});

Deno.test("an original relay gets no echo, and never so many signals that none is left for the Hangup", async () => {
  const { clock, relay, join } = setUp({ original: true });
  const session = await join();
  assert.equal(session.relay.original, true);
  assert.equal(session.quality(), null);
  const got: Uint8Array[] = [];
  relay.guests[0]!.connection.onDatagram((bytes) => got.push(bytes));
  clock.advance(10_000);
  assert.deepEqual(got, []);
  for (let i = 0; i < 500; i++) {
    session.sendSignal({ type: "Pong", timestamp_ms: i });
    await settle();
  }
  session.hangUp();
  await settle();
  let last;
  const { channel } = relay.guests[0]!;
  for (let i = 0; i < 91; i++) last = await channel.receive();
  assert.deepEqual(last, { type: "Hangup", reason: "Normal", call_id: null });
});

Deno.test("leaving hangs up, then closes with code 0", async () => {
  const { clock, relay, events, join } = setUp();
  const session = await join();
  const { connection, signals } = relay.guests[0]!;
  const left = session.leave();
  await relay.until(() => signals.length > 0);
  assert.equal(connection.closeInfo, null);
  clock.advance(100);
  assert.deepEqual(await left, { kind: "local", code: 0, reason: "normal close" });
  assert.deepEqual(connection.closeInfo, { kind: "peer", code: 0, reason: "normal close" });
  assert.deepEqual(signals, [{ type: "Hangup", reason: "Normal", call_id: null }]);
  await settle();
  assert.equal(events.at(-1)?.type, "closed");
  assert.equal(clock.pending, 0);
});

Deno.test("a relay that takes no streams does not hold up leaving for long", async () => {
  const { clock, endpoint, join } = setUp({ original: true });
  const session = await join();
  for (let i = 0; i < 100; i++) await endpoint.dialled[0]!.openBidi();
  const left = session.leave();
  await settle();
  clock.advance(999);
  await settle();
  assert.equal(session.closeInfo, null);
  clock.advance(1);
  await settle();
  clock.advance(100);
  assert.equal((await left).kind, "local");
});

Deno.test("when the relay closes, that is the last event", async () => {
  const { clock, relay, events, join } = setUp();
  const session = await join();
  relay.guests[0]!.connection.close(0, "draining");
  const info = await session.closed;
  await settle();
  assert.deepEqual(info, { kind: "peer", code: 0, reason: "draining" });
  assert.deepEqual(events.at(-1), { type: "closed", info });
  assert.equal(clock.pending, 0);
});

Deno.test("a relay that announces echoes and says nothing at all is lost", async () => {
  const { clock, relay, join } = setUp();
  relay.dead = true;
  const session = await join();
  clock.advance(6_600);
  assert.deepEqual(session.closeInfo, { kind: "idle", code: 0, reason: "" });
});

Deno.test("a relay that sent echoes and then nothing more is lost, one of which something comes is not", async () => {
  const { clock, relay, events, join } = setUp();
  const session = await join();
  const [guest] = relay.guests;
  relay.dead = true;
  clock.advance(5_900);
  guest!.connection.sendDatagram(Uint8Array.of(1, 2, 3));
  clock.advance(5_900);
  assert.equal(session.closeInfo, null);
  relay.send({ type: "Hold" });
  await settle();
  clock.advance(5_900);
  assert.equal(session.closeInfo, null);
  clock.advance(700);
  const lost = { kind: "idle", code: 0, reason: "" };
  assert.deepEqual(session.closeInfo, lost);
  assert.deepEqual(await session.closed, lost);
  assert.deepEqual(await session.leave(), lost);
  assert.deepEqual(events.at(-1), { type: "closed", info: lost });
  assert.equal(clock.pending, 0);
});

Deno.test("the silence of a relay that announces no echoes means nothing", async () => {
  const { clock, relay, join } = setUp({ original: true });
  relay.dead = true;
  const session = await join();
  // What looks like an echo does not make it one that sends them.
  const request = echoDatagram.encode({ kind: "request", seq: 1, clockUs: 1n });
  relay.guests[0]!.connection.sendDatagram(request);
  clock.advance(60_000);
  await session.signOfLife();
  assert.equal(session.closeInfo, null);
});

Deno.test("a sign of life is asked for, and waited for when none comes", async () => {
  const { clock, relay, join } = setUp();
  const session = await join();
  await session.signOfLife();
  await settle();
  relay.dead = true;
  let heard = false;
  session.signOfLife().then(() => heard = true);
  clock.advance(2_000);
  await settle();
  assert.equal(heard, false);
  relay.dead = false;
  clock.advance(500);
  await settle();
  assert.equal(heard, true);
});

Deno.test("media goes out as it is", async () => {
  const { relay, join } = setUp();
  const session = await join();
  assert.equal(session.sendMedia(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 0)), SENT);
  assert.equal(relay.packets, 1);
});
