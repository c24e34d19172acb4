import assert from "node:assert/strict";
import { CLOSED, SENT } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import { dialRelay } from "../trust/dial_relay.ts";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import { silentLog } from "../../relay/ports/log.ts";
import { testAddress, testRelay } from "../trust/testing_relays.ts";
import { wireRelay } from "../relay_key.ts";
import { CALLEE, type SessionRelay, SessionsRig, settled } from "./testing_sessions.ts";
import { IDLE_MS } from "./session_peer.ts";

/** Media of a call, to the relay of the other party. */
const send = ({ sessions }: SessionRelay, callId: string, bytes: Uint8Array) =>
  sessions.link(callId)?.sendDatagram(bytes) ?? CLOSED;

Deno.test("a session link is made when it is asked for, proven, and carries the media of its call", async () => {
  const [rig, a, b] = await SessionsRig.talking();
  assert.equal(rig.dials.length, 0);
  a.sessions.register("c1");
  a.sessions.register("c1");
  await settled();
  assert.equal(rig.dials.length, 1);
  assert.equal(rig.dials[0]!.serverName, "_relay");
  assert.deepEqual(rig.dials[0]!.pin, b.own.certificate.fingerprintBytes);
  assert.equal(send(a, "c1", a.packet("c1")), SENT);
  assert.equal(send(b, "c1", b.packet("c1")), SENT);
  assert.deepEqual(b.datagrams, [[a.key, a.packet("c1")]]);
  assert.deepEqual(a.datagrams, [[b.key, b.packet("c1")]]);
  assert.equal(a.sessions.link("c1")!.can("media2"), true);
  assert.equal(a.sessions.link("c1")!.meter, "(session links)");
  assert.equal(a.counters.federationSessionLinks, 1);
  assert.equal(a.counters.federationSessions.get("opened"), 1);
  assert.equal(b.counters.federationSessions.get("accepted"), 1);
});

Deno.test("several calls share one link, and it is closed ten seconds after the last", async () => {
  const [rig, a, b] = await SessionsRig.talking("c1");
  a.begin("c2", "caller", b, ["hub"]);
  b.begin("c2", "callee", a, ["hub"]);
  // A call in the other direction uses the link that is there.
  b.begin("c3", "caller", a, ["hub"]);
  a.begin("c3", "callee", b, ["hub"]);
  for (const id of ["c1", "c2"]) a.sessions.register(id);
  await settled();
  b.sessions.register("c3");
  await settled();
  assert.equal(rig.dials.length, 1);
  for (const id of ["c1", "c2", "c3"]) {
    assert.equal(a.sessions.link(id), a.sessions.link("c1"));
    assert.equal(send(b, id, b.packet(id)), SENT);
  }
  assert.equal(a.datagrams.length, 3);
  for (const id of ["c1", "c2"]) [a, b].forEach((relay) => relay.end(id));
  await rig.pass(3 * IDLE_MS);
  assert.equal(a.counters.federationSessionLinks, 1);
  assert.equal(a.sessions.link("c1"), null);
  assert.equal(send(a, "c1", a.packet("c1")), CLOSED);
  for (const relay of [a, b]) relay.end("c3");
  await rig.pass(IDLE_MS - 1_000);
  assert.equal(a.counters.federationSessionLinks, 1);
  await rig.pass(2_000);
  assert.deepEqual([a, b].map(({ counters }) => counters.federationSessionLinks), [0, 0]);
  assert.equal(rig.clock.pending, 0);
});

Deno.test("a relay without a call with this one is refused, whatever it proves", async () => {
  const rig = await SessionsRig.start(1, 2, 3);
  const [a, b, c] = [rig.relay(1), rig.relay(2), rig.relay(3)];
  b.begin("c1", "callee", a, ["hub"]);
  // The third believes to have a call with the second.
  c.begin("c1", "caller", b, ["hub"]);
  c.sessions.register("c1");
  await settled();
  assert.equal(c.sessions.link("c1"), null);
  assert.equal(b.counters.federationRefusals.get("unknown_relay"), 1);
  assert.equal(b.counters.federationSessionLinks, 0);
});

/** A connection that the first relay proved to the second, in the hands of the test. */
async function proven(rig: SessionsRig, from: number, to: SessionRelay) {
  const transport = new MemoryTransport();
  transport.onDial = () => {
    const [client, server] = rig.pair(from);
    to.sessions.serve({ id: "c9", name: "_relay", connection: server, log: silentLog });
    return client;
  };
  const endpoint = await transport.open({ ip: "0.0.0.0", port: 1 });
  const own = testRelay(from);
  const { clock } = rig;
  const target = { address: testAddress(to.number), pins: [to.own.certificate.fingerprintBytes] };
  const { counters } = to;
  const parts = { clock, own, endpoint, counters };
  const dialled = await dialRelay({ ...target, serverName: "_relay" }, parts);
  assert.ok(dialled.is === "proven");
  return dialled.channel;
}

const forward = (from: string, change: Partial<KnownSignal> = {}): KnownSignal => ({
  type: "SessionForward",
  session_id: "c1",
  target_fingerprint: CALLEE,
  source_relay: wireRelay(from),
  ...change,
} as KnownSignal);

Deno.test("a session is taken only for an accepted call of the two relays and its own callee", async () => {
  const [rig, a, b] = await SessionsRig.talking();
  const other = testRelay(9);
  b.begin("c2", "callee", { key: other.key } as SessionRelay, ["hub"]);
  const channel = await proven(rig, 1, b);
  for (
    const wrong of [
      forward(a.key, { session_id: "c9" }),
      forward(a.key, { session_id: "c2" }),
      forward(a.key, { target_fingerprint: "c" }),
      forward(other.key),
    ]
  ) {
    channel.send(wrong);
    const answer = await channel.receive();
    assert.ok(answer !== null && "type" in answer && answer.type === "Hangup", `${wrong}`);
    assert.equal(answer.reason, "Error");
  }
  assert.equal(b.counters.federationSessions.get("refused"), 4);
  channel.send(forward(a.key));
  assert.deepEqual(await channel.receive(), {
    type: "SessionForwardAck",
    session_id: "c1",
    room_name: "call-c1",
  });
});

Deno.test("nothing but media of an open session, begun at the relay at the other end, comes through", async () => {
  const [rig, a, b] = await SessionsRig.talking();
  const channel = await proven(rig, 1, b);
  const line = channel.connection;
  line.sendDatagram(a.packet("c1"));
  assert.equal(b.counters.federationSessionDatagramsDropped.get("no_session"), 1);
  channel.send(forward(a.key));
  await settled();
  line.sendDatagram(a.packet("c1"));
  assert.equal(b.datagrams.length, 1);
  line.sendDatagram(a.packet("c2"));
  line.sendDatagram(b.packet("c1"));
  line.sendDatagram(a.packet("c1").subarray(0, 20));
  line.sendDatagram(new Uint8Array(0));
  const dropped = (["no_session", "wrong_origin", "malformed"] as const).map((reason) =>
    b.counters.federationSessionDatagramsDropped.get(reason)
  );
  assert.deepEqual(dropped, [2, 1, 2]);
  assert.equal(b.datagrams.length, 1);
  b.end("c1");
  line.sendDatagram(a.packet("c1"));
  assert.equal(b.datagrams.length, 1);
});

Deno.test("one relay has two links at most, an original none, and the unproven are few", async () => {
  const [rig, , b] = await SessionsRig.talking();
  await proven(rig, 1, b);
  await proven(rig, 1, b);
  await assert.rejects(proven(rig, 1, b));
  assert.equal(b.counters.federationRefusals.get("over_limit"), 1);
  assert.equal(b.counters.federationSessionLinks, 2);

  const [client, server] = rig.pair(5);
  b.sessions.serve({ id: "c9", name: "_relay", connection: server, log: silentLog });
  const hello = { type: "FederationHello", tls_fingerprint: wireRelay(b.key), ext: null } as const;
  new SignalChannel(client, { clock: rig.clock }).send(hello);
  await settled();
  assert.equal(client.closeInfo?.reason, "legacy_not_allowed");

  const crowd = Array.from({ length: 6 }, () => rig.pair(6));
  for (const [, end] of crowd) {
    b.sessions.serve({ id: "c9", name: "_relay", connection: end, log: silentLog });
  }
  await settled();
  assert.equal(crowd.filter(([end]) => end.closeInfo !== null).length, 2);
});

Deno.test("a relay that cannot be reached is tried again, less and less often, while there is a call", async () => {
  const [rig, a, b] = await SessionsRig.talking();
  rig.isCut = true;
  a.sessions.register("c1");
  await rig.pass(60_000);
  assert.ok(rig.dials.length > 3 && rig.dials.length < 9, `${rig.dials.length}`);
  assert.equal(a.counters.federationSessions.get("failed"), rig.dials.length);
  rig.isCut = false;
  await rig.pass(60_000);
  assert.equal(send(a, "c1", a.packet("c1")), SENT);
  rig.isCut = true;
  const before = rig.dials.length;
  for (const relay of [a, b]) relay.end("c1");
  await rig.pass(120_000);
  assert.equal(rig.dials.length, before);
});

Deno.test("a link that dies is made again, and a silent one is dead after four seconds", async () => {
  const [rig, a, b] = await SessionsRig.talking();
  a.sessions.register("c1");
  await settled();
  b.accepted[0]!.close(0, "gone");
  await settled();
  assert.equal(a.sessions.link("c1"), null);
  await rig.pass(2_000);
  assert.equal(send(a, "c1", a.packet("c1")), SENT);
  assert.equal(send(b, "c1", b.packet("c1")), SENT);
  b.accepted[1]!.onDatagram(() => {});
  await rig.pass(4_500);
  assert.equal(b.accepted[1]!.closeInfo?.reason, "no answer");
});

Deno.test("a session that is refused is not asked for again", async () => {
  const rig = await SessionsRig.start(1, 2);
  const [a, b] = [rig.relay(1), rig.relay(2)];
  // The two have a call, but not this one.
  b.begin("c2", "callee", a, ["hub"]);
  a.begin("c1", "caller", b, ["hub"]);
  a.sessions.register("c1");
  await settled();
  assert.equal(b.counters.federationSessions.get("refused"), 1);
  await rig.pass(60_000);
  assert.equal(rig.dials.length, 1);
  assert.equal(a.counters.federationSessionLinks, 0);
});

Deno.test("closing ends links, attempts and timers", async () => {
  const [rig, a, b] = await SessionsRig.talking();
  a.sessions.register("c1");
  await settled();
  a.sessions.close("shutdown");
  await settled();
  assert.equal(b.counters.federationSessionLinks, 0);
  b.sessions.close("shutdown");
  a.sessions.register("c1");
  await rig.pass(60_000);
  assert.equal(rig.dials.length, 1);
  assert.equal(rig.clock.pending, 0);
});
