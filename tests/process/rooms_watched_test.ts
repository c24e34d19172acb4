/** What operators see of rooms and calls: event log, debug tap; and how a relay with guests comes to its end. */
import assert from "node:assert/strict";
import { SENT } from "../../quic/port.ts";
import { LIMIT_MS } from "./callers.ts";
import { SignalClient } from "../harness/signal_client.ts";
import { countersShow, type RelayRig, relayTest } from "./relay_rig.ts";

const SEEDS = [1, 2].map((fill) => new Uint8Array(32).fill(fill));
const [ALICE, BOB] = SEEDS as [Uint8Array, Uint8Array];

/** The lines of a finished event log, without their times. */
async function events(path: string): Promise<Record<string, unknown>[]> {
  const text = await Deno.readTextFile(path);
  assert.ok(text.endsWith("\n"));
  return text.trimEnd().split("\n").map((line) => {
    const { ts, ...event } = JSON.parse(line);
    assert.ok(!Number.isNaN(Date.parse(ts)), ts);
    return event;
  });
}

/** A call that was accepted. */
async function callUp({ clients }: RelayRig, caps?: readonly string[]) {
  const more = caps === undefined ? {} : { caps };
  const a = await SignalClient.register(clients, { seed: ALICE, ...more });
  const b = await SignalClient.register(clients, { seed: BOB });
  a.call(b.fingerprint, "c1");
  await b.take("DirectCallOffer");
  await a.take("CallRinging");
  b.answer("c1", "AcceptGeneric");
  await a.take("DirectCallAnswer");
  await a.take("CallSetup");
  await b.take("CallSetup");
  return [a, b] as const;
}

relayTest("after a clean stop the event log holds everything that happened", async (rig) => {
  const { clients, relay } = rig;
  const a = await clients.join("hall", { alias: "Ann" });
  const b = await clients.join("hall");
  await a.inRoomOf(2);
  for (let seq = 0; seq < 5; seq++) assert.equal(a.speak(seq), SENT);
  await b.until(() => b.packets.length === 5);
  a.connection.sendDatagram(Uint8Array.of(0xff));
  await countersShow(relay, "wzp_relay_packets_received_total", (count) => count === 6);
  b.leave();
  await a.inRoomOf(1);
  const [caller, callee] = await callUp(rig);
  caller.hangUp();
  await callee.take("Hangup");
  // The rest is for the end of the relay to write down.
  relay.signal("SIGTERM");
  await relay.stdout.match(/relay: draining/, LIMIT_MS);
  await relay.stop();

  const [opened, ...written] = await events(`${relay.home}/events.jsonl`);
  const src = written[0]!["src"];
  const ann = { room: "hall", src, fingerprint: a.identity.fingerprint, alias: "Ann" };
  const other = { room: "hall", src: written[1]!["src"], fingerprint: b.identity.fingerprint };
  const call = { call: "c1", caller: caller.fingerprint, callee: callee.fingerprint };
  assert.equal(opened!["event"], "log_opened");
  assert.deepEqual(written, [
    { event: "join", ...ann },
    { event: "join", ...other },
    { event: "leave", ...other, forwarded: 0 },
    { event: "call_pending", ...call },
    { event: "call_ringing", ...call },
    { event: "call_active", ...call },
    { event: "call_ended", reason: "completed", ...call },
    { event: "drop", room: "hall", src, reason: "malformed", count: 1 },
    { event: "leave", ...ann, action: "room_closed", forwarded: 5 },
    { event: "log_closed" },
  ]);
}, { args: ["--event-log", "events.jsonl"] });

relayTest(
  "the debug tap shows the packets, lists, joins and leaves of its room only",
  async ({ clients, relay }) => {
    const quiet = await clients.join("other");
    await clients.join("other");
    await quiet.inRoomOf(2);
    quiet.speak(1);
    const a = await clients.join("hall", { alias: "Ann" });
    const b = await clients.join("hall");
    await b.inRoomOf(2);
    for (const seq of [7, 8, 10]) a.speak(seq);
    await b.until(() => b.packets.length === 3);
    await relay.stdout.match(/TAP STATS/, LIMIT_MS);
    b.leave();
    await a.inRoomOf(1);
    a.leave();
    await relay.stdout.match(/\(room closed\)/, LIMIT_MS);

    const lines = relay.stdout.text.split("\n").filter((line) => / debug_tap: /.test(line))
      .map((line) => line.replace(/^.* debug_tap: /, "").replaceAll(/127\.0\.0\.1:\d+/g, "ADDR"));
    const packet = (seq: number) =>
      `TAP room=hall dir="in" addr=ADDR seq=${seq} codec=Opus24k ts=${20 * seq} ` +
      `fec_block=0 fec_sym=0 repair=false len=60 fan_out=1`;
    assert.deepEqual(lines, [
      'TAP EVENT room=hall event="join" detail="participant=3 addr=ADDR alias=Ann"',
      'TAP SIGNAL room=hall signal="RoomUpdate" count=1 participants=["Ann"]',
      'TAP EVENT room=hall event="join" detail="participant=4 addr=ADDR alias=?"',
      'TAP SIGNAL room=hall signal="RoomUpdate" count=2 participants=["Ann", "?"]',
      packet(7),
      packet(8),
      packet(10),
      'TAP STATS room=hall period="5s" in_pkts=3 out_pkts=3 fan_out_avg="1.0" seq_gaps=1 ' +
      'codecs_seen=["Opus24k"]',
      'TAP EVENT room=hall event="leave" detail="participant=4 addr=ADDR forwarded=0"',
      'TAP SIGNAL room=hall signal="RoomUpdate" count=1 participants=["Ann"]',
      'TAP EVENT room=hall event="leave" detail="participant=3 addr=ADDR (room closed)"',
    ]);
  },
  { args: ["--debug-tap", "hall"] },
);

relayTest(
  "a relay that is told to stop waits for the call that is on, lets its parties in, and takes no more",
  async (rig) => {
    const { clients, relay } = rig;
    const [a, b] = await callUp(rig, ["drain"]);
    const early = await clients.dial("call-c1", { seed: ALICE });
    await early.join();
    // Whose connection was there before may still ask; what it asks for is refused.
    const late = await clients.dial("hall");
    await relay.stdout.match(/sni="hall"/, LIMIT_MS);
    const asked = Date.now();
    relay.signal("SIGTERM");
    const { reason, relays, deadline_ms } = await a.take("RelayDraining");
    assert.deepEqual({ reason, relays }, { reason: "SIGTERM", relays: [] });
    // The 30 s of the configuration, as a moment.
    assert.ok(
      deadline_ms >= asked + 29_990 && deadline_ms <= Date.now() + 30_010,
      `${deadline_ms}`,
    );
    assert.equal(await joinRefusal(late.join()), "draining");
    for (const name of ["hall", "call-c2", "_signal", "_probe", "ping", "version"]) {
      const { closed } = await clients.connect(name);
      assert.deepEqual(await closed, { kind: "peer", code: 0, reason: "draining" }, name);
    }
    await assert.rejects(clients.join("call-c1"), /^Error: draining$/);
    // The other party comes only now, and they hear each other.
    const other = await clients.join("call-c1", { seed: BOB, caps: ["drain"] });
    await other.until(() => other.received("RelayDraining").length === 1);
    assert.equal(other.speak(7), SENT);
    assert.equal(early.speak(8), SENT);
    await early.until(() => early.packets.length === 1);
    await other.until(() => other.packets.length === 1);
    other.leave();
    b.call(a.fingerprint, "c2");
    assert.deepEqual(await b.take("Hangup"), { type: "Hangup", reason: "Error", call_id: "c2" });
    early.leave();
    a.hangUp();
    assert.equal((await b.take("Hangup")).call_id, "c1");
    assert.deepEqual(await relay.exit(), { code: 0, signal: null });
    for (const { connection } of [a, b]) {
      assert.deepEqual(await connection.closed, { kind: "peer", code: 0, reason: "shutdown" });
    }
  },
);

relayTest(
  "a call answered during a drain has its sound over the relay, and the drain waits for its end",
  async ({ clients, relay }) => {
    const a = await SignalClient.register(clients, { seed: ALICE, caps: ["drain"] });
    const b = await SignalClient.register(clients, { seed: BOB });
    a.call(b.fingerprint, "c1");
    await b.take("DirectCallOffer");
    await a.take("CallRinging");
    relay.signal("SIGTERM");
    await a.take("RelayDraining");
    b.answer("c1", "AcceptGeneric");
    await a.take("DirectCallAnswer");
    await a.take("CallSetup");
    await b.take("CallSetup");
    const inA = await clients.join("call-c1", { seed: ALICE });
    const inB = await clients.join("call-c1", { seed: BOB });
    assert.equal(inA.speak(1), SENT);
    await inB.until(() => inB.packets.length === 1);
    a.hangUp();
    await b.take("Hangup");
    // Who is in the room stays until it leaves, as after any call.
    assert.equal(inB.speak(2), SENT);
    await inA.until(() => inA.packets.length === 1);
    inA.leave();
    inB.leave();
    assert.deepEqual(await relay.exit(), { code: 0, signal: null });
    assert.match(relay.stdout.text, /stopping reason="drained"/);
  },
);

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  relayTest(
    `a second ${signal} ends a relay with guests at once, with exit code ${code}`,
    async ({ clients, relay }) => {
      const ours = await clients.join("hall", { caps: ["drain"] });
      const original = await clients.join("hall");
      relay.signal("SIGTERM");
      await ours.until(() => ours.received("RelayDraining").length === 1);
      assert.equal(original.connection.closeInfo, null);
      relay.signal(signal);
      assert.deepEqual(await relay.exit(), { code, signal: null });
      for (const { connection } of [ours, original]) {
        assert.deepEqual(await connection.closed, { kind: "peer", code: 0, reason: "shutdown" });
      }
      assert.equal(original.received("RelayDraining").length, 0);
    },
  );
}

async function joinRefusal(joining: Promise<unknown>): Promise<string> {
  try {
    await joining;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("It was let in");
}
