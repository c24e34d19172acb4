import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { QuicError } from "../../quic/errors.ts";
import { TestingMesh } from "../failover/testing_mesh.ts";
import { FixedAdvisor } from "../failover/fixed_advisor.ts";
import { toneSource } from "../sound/source.ts";
import { CallClient } from "./call_client.ts";
import type { CallClientEvent } from "./call_events.ts";
import { TestingSignalRelay } from "./testing_signal_relay.ts";

/** A caller at the first of two relays, in a call with somebody at the second one, which goes through both. */
async function inCall({ talks = true, allowed = true } = {}) {
  const mesh = await TestingMesh.make(2);
  const { clock } = mesh;
  const signals = mesh.relays.map(() => new TestingSignalRelay(clock));
  const dead = new Set<number>();
  mesh.dialSignals = (relay, options) =>
    dead.has(relay) ? new Promise(() => {}) : signals[relay]!.transport.onDial(options);
  const events: CallClientEvent[] = [];
  const client = await CallClient.register({
    endpoint: mesh.endpoint,
    address: mesh.addresses[0]!,
    identity: new Identity(nodeCrypto, new Uint8Array(32).fill(1)),
    clock,
    crypto: nodeCrypto,
    advisor: new FixedAdvisor(),
    onEvent: (event) => events.push(event),
    ...talks && { source: () => toneSource(60) },
  });
  const call = await client.place("them");
  const room = `call-${call.id}`;
  const peer = await mesh.join(1, { room });
  const relays = allowed ? [`b|${mesh.addr(1)}`] : [];
  for (const relay of mesh.relays) if (!allowed) relay.relays = [];
  signals[0]!.say({
    type: "CallSetup",
    call_id: call.id,
    room,
    relay_addr: mesh.addr(0),
    peer_direct_addr: null,
    peer_local_addrs: [],
    ext: { v: 1, caps: [], relay: null, relays },
  });
  await mesh.pass(2_000);
  return {
    mesh,
    signals,
    events,
    client,
    call,
    peer,
    types: () => events.map(({ type }) => type),
    heard: (relay: number) =>
      signals[relay]!.guests.flatMap(({ heard }) => heard.map(({ type }) => type)),
    /** The machine of the caller's relay loses power. */
    kill() {
      mesh.kill(0);
      dead.add(0);
      signals[0]!.deaf = true;
    },
    async leave() {
      const left = Promise.all([client.leave(), peer.leave()]);
      await mesh.pass(5_000);
      await left;
    },
  };
}

Deno.test("a call goes on when the caller's relay dies: registered elsewhere, then the media, and it hangs up there", async () => {
  const { mesh, signals, events, client, call, peer, kill, types, heard, leave } = await inCall();
  const before = peer.receiver.counts.packets;
  assert.ok(before > 20);
  kill();
  await mesh.pass(4_000);
  assert.deepEqual(types().slice(-2), ["media", "moved"]);
  assert.equal(client.call, call);
  assert.ok(peer.receiver.counts.packets > before + 50);
  assert.ok(peer.receiver.counts.lost < 150, `${peer.receiver.counts.lost} lost`);
  const [presence] = signals[1]!.guests[0]!.heard;
  assert.ok(presence?.type === "RegisterPresence" && presence.signature.length === 64);
  assert.ok(presence.ext?.caps.includes("adopt"), "the call comes along");
  const [first] = signals[0]!.guests[0]!.heard;
  assert.ok(first?.type === "RegisterPresence" && !first.ext?.caps.includes("adopt"));
  client.hangUp();
  await mesh.pass(2_000);
  assert.deepEqual(heard(1).filter((type) => type === "Hangup"), ["Hangup"]);
  const ended = events.at(-1);
  assert.ok(ended?.type === "ended" && ended.problem === null);
  assert.equal(ended.voice?.session.moves.length, 1);
  await leave();
  assert.equal(mesh.clock.pending, 0);
});

Deno.test("the other side hangs up through the new relay", async () => {
  const { mesh, signals, events, call, kill, leave } = await inCall();
  kill();
  await mesh.pass(4_000);
  signals[1]!.say({ type: "Hangup", reason: "Normal", call_id: call.id });
  await mesh.pass(2_000);
  const ended = events.at(-1);
  assert.ok(ended?.type === "ended" && ended.end.by === "them" && ended.end.reason === "Normal");
  await leave();
});

Deno.test("a call for which no other relay is named ends with its relay, as ever", async () => {
  const { mesh, signals, types, leave } = await inCall({ allowed: false });
  signals[0]!.guests[0]!.connection.close(0, "shutdown");
  await mesh.pass(3_000);
  assert.deepEqual(types().slice(-2).toSorted(), ["closed", "ended"]);
  await leave();
});

Deno.test("a broken registration is made anew at the other relay, without a word to the phone", async () => {
  const { mesh, signals, client, types, heard, leave } = await inCall();
  signals[0]!.guests[0]!.connection.close(0, "shutdown");
  client.hangUp();
  await mesh.pass(3_000);
  assert.deepEqual(heard(1), ["RegisterPresence", "Hangup"], "what was said meanwhile is not lost");
  assert.equal(types().includes("closed"), false);
  await leave();
});

Deno.test("a relay that stops hands over media and registration, and is left", async () => {
  const { mesh, signals, client, call, peer, events, leave } = await inCall();
  const notice = {
    type: "RelayDraining" as const,
    deadline_ms: 30_000,
    relays: [`b|${mesh.addr(1)}`],
    reason: null,
  };
  const [before, rooms] = [client.session, mesh.relays[1]!];
  let kept = false;
  rooms.until(() => rooms.guests.length === 2).then(() => kept = client.session === before);
  signals[0]!.say(notice);
  await mesh.pass(500);
  mesh.drain(0);
  await mesh.pass(5_000);
  assert.ok(kept, "the media leads");
  assert.equal(client.call, call);
  assert.equal(peer.receiver.counts.lost, 0);
  assert.ok(signals[0]!.guests[0]!.connection.closeInfo !== null, "the old registration is left");
  assert.equal(signals[1]!.guests[0]!.connection.closeInfo, null);
  assert.equal(events.filter(({ type }) => type === "moved").length, 1);
  await leave();
  assert.equal(mesh.clock.pending, 0);
});

Deno.test("a relay that carries only signals is missed by its silence", async () => {
  const { mesh, signals, client, call, heard, leave } = await inCall({ talks: false });
  signals[0]!.deaf = true;
  await mesh.pass(6_000);
  assert.equal(heard(1)[0], "RegisterPresence");
  assert.equal(client.call, call);
  await leave();
});

Deno.test("when nobody takes us the call is lost, and so is the registration", async () => {
  const { mesh, kill, types, leave } = await inCall({ talks: false });
  mesh.kill(1);
  mesh.dialSignals = () => Promise.reject(new TypeError("nobody there"));
  kill();
  await mesh.pass(45_000);
  assert.deepEqual(types().slice(-2).toSorted(), ["closed", "ended"]);
  await leave();
});

Deno.test("a relay that stops and carries only signals is left all the same", async () => {
  const { mesh, signals, client, call, heard, leave } = await inCall({ talks: false });
  signals[0]!.say({
    type: "RelayDraining",
    deadline_ms: 30_000,
    relays: [`b|${mesh.addr(1)}`],
    reason: null,
  });
  await mesh.pass(6_000);
  assert.deepEqual(heard(1).slice(0, 1), ["RegisterPresence"]);
  assert.ok(signals[0]!.guests[0]!.connection.closeInfo !== null);
  assert.equal(client.call, call);
  await leave();
});

Deno.test("a relay that says again and again that it stops has others asked no more often", async () => {
  const { mesh, signals, client, leave } = await inCall({ talks: false });
  const { dialSignals } = mesh;
  let dials = 0;
  mesh.dialSignals = () => {
    dials++;
    throw new QuicError("handshake_failed", "full");
  };
  for (let i = 0; i < 100; i++) {
    signals[0]!.say({
      type: "RelayDraining",
      deadline_ms: 0,
      relays: [`b|${mesh.addr(1)}`],
      reason: null,
    });
    await mesh.pass(150);
  }
  assert.ok(dials > 0 && dials < 30, `${dials} registrations tried in 15 s`);
  assert.ok(client.call !== null);
  mesh.dialSignals = dialSignals;
  await leave();
  assert.equal(mesh.clock.pending, 0);
});

Deno.test("when the old relay speaks again, the registration made for the standby is taken back", async () => {
  const { mesh, signals, client, leave } = await inCall({ talks: false });
  const before = client.session;
  mesh.relays[0]!.dead = true;
  await mesh.pass(1_200);
  assert.equal(signals[1]!.guests.length, 1);
  mesh.relays[0]!.dead = false;
  await mesh.pass(2_000);
  assert.equal(client.session, before);
  assert.ok(signals[1]!.guests[0]!.connection.closeInfo !== null);
  await leave();
  assert.equal(mesh.clock.pending, 0);
});
