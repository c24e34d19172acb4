import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { PresenceVerifier } from "../../proto/presence_signature.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { ClientError, type ClientErrorCode } from "../errors.ts";
import { register, type SignalEvent, type SignalSessionOptions } from "./signal_session.ts";
import { testingAck, TestingSignalRelay } from "./testing_signal_relay.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const identity = new Identity(nodeCrypto, new Uint8Array(32).fill(1));

async function setUp() {
  const clock = new ManualClock();
  const relay = new TestingSignalRelay(clock);
  const events: SignalEvent[] = [];
  const options: SignalSessionOptions = {
    endpoint: await relay.endpoint(),
    address: { ip: "127.0.0.1", port: 4433 },
    identity,
    clock,
    crypto: nodeCrypto,
    onEvent: (event) => events.push(event),
  };
  const open = (more: Partial<SignalSessionOptions> = {}) => register({ ...options, ...more });
  return { clock, relay, events, open };
}

const failsWith = (code: ClientErrorCode, message: RegExp) => (error: unknown) =>
  error instanceof ClientError && error.code === code && message.test(error.message);

Deno.test("a registration is signed for the relay that is known, or for any", async () => {
  const pin = new Uint8Array(32).fill(7);
  for (const known of [true, false]) {
    const { clock, relay, open } = await setUp();
    await open({ token: "secret", alias: "Ada", ...known && { pin } });
    const [token, registration] = relay.guests[0]!.heard;
    assert.deepEqual(token, { type: "AuthToken", token: "secret" });
    assert.equal(registration?.type, "RegisterPresence");
    if (registration?.type !== "RegisterPresence") return;
    const { identity_pub, signature, alias, ext } = registration;
    assert.deepEqual([alias, ext?.caps], ["Ada", ["signed", "drain"]]);
    const claim = { identityPublic: identity_pub, issuedAt: ext!.issued_at!, nonce: ext!.nonce! };
    const judge = (relay: number) =>
      new PresenceVerifier(nodeCrypto, new Uint8Array(32).fill(relay))
        .refusal(claim, signature, clock.wall());
    assert.equal(judge(7), null);
    // A signature for a relay is worth nothing at another one.
    assert.equal(judge(8), known ? "presence_forged" : null);
  }
});

Deno.test("nobody registers with the zero key, unsigned", async () => {
  const { relay, open } = await setUp();
  await open({ identity: null });
  assert.deepEqual(relay.guests[0]!.heard, [{
    type: "RegisterPresence",
    identity_pub: new Uint8Array(32),
    signature: new Uint8Array(0),
    alias: null,
    ext: null,
  }]);
});

Deno.test("refusals, wrong answers and silence are told in sentences and end the connection", async () => {
  const refused = await setUp();
  refused.relay.ack = testingAck({ success: false, error: "presence_\x1bunsigned" });
  await assert.rejects(
    refused.open(),
    failsWith("refused", /registration: presence_\?unsigned\.$/),
  );
  assert.equal(refused.relay.guests[0]!.connection.closeInfo?.kind, "peer");

  const other = await setUp();
  other.relay.ack = { type: "Hold" };
  await assert.rejects(other.open(), failsWith("refused", /sent Hold where its Ack belongs/));

  const silent = await setUp();
  silent.relay.ack = null;
  const opening = assert.rejects(silent.open(), failsWith("silent", /within 10000 ms/));
  await settle();
  silent.clock.advance(10_000);
  await opening;

  const closing = await setUp();
  closing.relay.ack = null;
  const ended = assert.rejects(closing.open(), failsWith("refused", /refused: full\.$/));
  await settle();
  closing.relay.guests[0]!.connection.close(0, "full");
  await ended;
});

Deno.test("an aborted registration ends the connection", async () => {
  const { relay, open } = await setUp();
  relay.ack = null;
  const controller = new AbortController();
  const opening = assert.rejects(open({ signal: controller.signal }), ClientError);
  await settle();
  controller.abort();
  await opening;
  assert.equal(relay.guests[0]!.connection.closeInfo?.kind, "peer");
});

Deno.test("once registered, what could abort the registration means nothing", async () => {
  const { relay, open } = await setUp();
  const controller = new AbortController();
  await open({ signal: controller.signal });
  controller.abort();
  await settle();
  assert.equal(relay.guests[0]!.connection.closeInfo, null);
});

Deno.test("what is said right after the Ack is not lost, and calls arrive in order", async () => {
  const { relay, events, open } = await setUp();
  const session = open();
  await settle();
  relay.say({ type: "CallRinging", call_id: "1" });
  relay.say({ type: "Ping", timestamp_ms: 5 });
  relay.say({ type: "RelayDraining", deadline_ms: 9, relays: ["a|b"], reason: null });
  relay.say({ type: "Hangup", reason: "Busy", call_id: "1" });
  await session;
  await settle();
  assert.deepEqual(events, [
    { type: "call", signal: { type: "CallRinging", call_id: "1" } },
    { type: "draining", deadlineMs: 9, relays: ["a|b"], reason: null },
    { type: "call", signal: { type: "Hangup", reason: "Busy", call_id: "1" } },
  ]);
  assert.deepEqual(relay.guests[0]!.heard.at(-1), { type: "Pong", timestamp_ms: 5 });
});

Deno.test("the relay tells where it sees us; what is no address is refused", async () => {
  const { relay, open } = await setUp();
  const session = await open();
  assert.deepEqual(await session.reflect(), { ip: "127.0.0.1", port: 50_000 });
  relay.reflects = false;
  const asking = assert.rejects(session.reflect(), failsWith("refused", /no address: nowhere\./));
  await settle();
  relay.say({ type: "ReflectResponse", observed_addr: "nowhere" });
  await asking;
});

Deno.test("a relay that stays silent is given up after a second; its late answer harms nobody", async () => {
  const { clock, relay, events, open } = await setUp();
  const session = await open();
  relay.reflects = false;
  const started = clock.now();
  let took = NaN;
  const asking = session.reflect().catch((error) => {
    took = clock.now() - started;
    return error;
  });
  await settle();
  for (let step = 0; step < 200 && Number.isNaN(took); step++) {
    clock.advance(10);
    await settle();
  }
  assert.ok(failsWith("silent", /within 1000 ms/)(await asking));
  assert.ok(took >= 1_000 && took <= 1_200, `${took} ms`);
  relay.say({ type: "ReflectResponse", observed_addr: "192.0.2.1:1" });
  await settle();
  assert.deepEqual(events, []);
});

Deno.test("a ping measures the way; the end of the session ends everything that waits", async () => {
  const { relay, events, open } = await setUp();
  const session = await open();
  assert.equal(await session.ping(), 0);
  relay.reflects = false;
  const asking = assert.rejects(session.reflect(), failsWith("ended", /gone fishing/));
  await settle();
  relay.guests[0]!.connection.close(0, "gone fishing");
  await asking;
  await settle();
  assert.deepEqual(events.map(({ type }) => type), ["closed"]);
  await assert.rejects(session.ping(), failsWith("ended", /gone fishing/));
});

Deno.test("leaving says everything first and then closes", async () => {
  const { clock, relay, open } = await setUp();
  const session = await open();
  session.hangUp("17");
  const leaving = session.leave();
  await settle();
  clock.advance(100);
  assert.equal((await leaving).kind, "local");
  const { heard, connection } = relay.guests[0]!;
  assert.deepEqual(heard.at(-1), { type: "Hangup", reason: "Normal", call_id: "17" });
  assert.deepEqual(connection.closeInfo, { kind: "peer", code: 0, reason: "normal close" });
  assert.equal(clock.pending, 0);
});
