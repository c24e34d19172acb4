import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { QuicError } from "../../quic/errors.ts";
import { FixedAdvisor } from "../failover/fixed_advisor.ts";
import type { Alternative } from "../failover/relay_advisor.ts";
import { TestingMesh } from "../failover/testing_mesh.ts";
import { CallClient } from "./call_client.ts";
import type { CallClientEvent } from "./call_events.ts";
import { TestingSignalRelay } from "./testing_signal_relay.ts";

const PIN = new Uint8Array(32).fill(3);
const NOTICED_AND_MOVED_MS = 6_000;

class ChosenRelays extends FixedAdvisor {
  readonly told: string[] = [];
  constructor(readonly relays: readonly Alternative[]) {
    super();
  }

  override alternatives(allowed: (addr: string) => boolean = () => true): readonly Alternative[] {
    return this.relays.filter(({ addr }) => allowed(addr));
  }

  override failed(addr = ""): void {
    this.told.push(`failed ${addr}`);
  }

  draining(addr: string): void {
    this.told.push(`draining ${addr}`);
  }
}

/** A phone at the first of three relays, with the user's relays as its choice. */
async function idlePhone({ where = 3, chosen = [0, 1, 2], pins = [], pin }: {
  where?: Parameters<typeof TestingMesh.make>[0];
  chosen?: readonly number[];
  pins?: readonly (Uint8Array | null)[];
  pin?: Uint8Array;
} = {}) {
  const mesh = await TestingMesh.make(where);
  const { clock } = mesh;
  const signals = mesh.relays.map(() => new TestingSignalRelay(clock));
  const gone = new Set<number>();
  const dials: { readonly relay: number; readonly pin: Uint8Array | null }[] = [];
  mesh.dialSignals = (relay, options) => {
    dials.push({ relay, pin: options.pin ?? null });
    if (gone.has(relay)) throw new QuicError("handshake_failed", "nobody there");
    return signals[relay]!.transport.onDial(options);
  };
  const advisor = new ChosenRelays(
    chosen.map((relay) => ({ addr: mesh.addr(relay), pin: pins[relay] ?? null })),
  );
  const events: CallClientEvent[] = [];
  const client = await CallClient.register({
    endpoint: mesh.endpoint,
    address: mesh.addresses[0]!,
    identity: new Identity(nodeCrypto, new Uint8Array(32).fill(1)),
    clock,
    crypto: nodeCrypto,
    advisor,
    onEvent: (event) => events.push(event),
    ...(pin && { pin }),
  });
  return {
    mesh,
    signals,
    gone,
    dials,
    advisor,
    events,
    client,
    types: () => events.map(({ type }) => type),
    moves: () => events.flatMap((event) => event.type === "moved" ? [event] : []),
    heard: (relay: number) =>
      signals[relay]!.guests.flatMap(({ heard }) => heard.map(({ type }) => type)),
    kill(relay: number) {
      gone.add(relay);
      signals[relay]!.deaf = true;
    },
    drain: (relay: number) =>
      signals[relay]!.say({ type: "RelayDraining", deadline_ms: 9, relays: [], reason: null }),
    async leave() {
      const left = client.leave();
      await mesh.pass(5_000);
      await left;
      assert.equal(clock.pending, 0);
    },
  };
}

Deno.test("an idle phone whose relay dies is at the next one within seconds, and can be called there", async () => {
  const { mesh, signals, client, events, moves, advisor, heard, kill, leave } = await idlePhone();
  await mesh.pass(20_000);
  assert.deepEqual(moves(), []);
  kill(0);
  await mesh.pass(NOTICED_AND_MOVED_MS);
  const [moved] = moves();
  assert.equal(moves().length, 1);
  assert.equal(moved?.call, null);
  const { from, to, reason, gapMs } = moved!.move;
  assert.deepEqual([from, to, reason], [mesh.addr(0), mesh.addr(1), "silent"]);
  assert.ok(gapMs > 0 && gapMs <= 5_000, `${gapMs} ms`);
  assert.equal(client.relayAddr, mesh.addr(1));
  assert.deepEqual(advisor.told, [`failed ${mesh.addr(0)}`]);
  const presence = signals[1]!.guests[0]!.heard[0];
  assert.ok(presence?.type === "RegisterPresence" && !presence.ext?.caps.includes("adopt"));
  assert.equal(heard(2).length, 0, "one is enough");

  const call = await client.place("them");
  await mesh.pass(100);
  assert.ok(heard(1).includes("DirectCallOffer"));
  assert.equal(client.call, call);
  client.hangUp();
  await mesh.pass(100);
  assert.equal(events.at(-1)?.type, "ended");
  await leave();
});

Deno.test("it moves on from the second relay too, and past those that take nobody", async () => {
  const { mesh, client, moves, kill, leave } = await idlePhone();
  kill(0);
  await mesh.pass(NOTICED_AND_MOVED_MS);
  kill(1);
  await mesh.pass(NOTICED_AND_MOVED_MS);
  assert.equal(client.relayAddr, mesh.addr(2));
  assert.equal(moves().length, 2);
  await leave();
});

Deno.test("an idle phone goes to a relay of the other family as to any other, and back", async () => {
  const where = ["2001:db8::1", "192.0.2.2", "2001:db8::3"];
  const { mesh, client, moves, kill, leave } = await idlePhone({ where });
  kill(0);
  await mesh.pass(NOTICED_AND_MOVED_MS);
  assert.equal(client.relayAddr, mesh.addr(1));
  kill(1);
  await mesh.pass(NOTICED_AND_MOVED_MS);
  assert.equal(client.relayAddr, mesh.addr(2));
  assert.equal(moves().length, 2);
  await leave();
});

Deno.test("a relay that stops is left once another one has the phone, not before", async () => {
  const { mesh, signals, client, moves, gone, drain, leave } = await idlePhone();
  gone.add(1).add(2);
  drain(0);
  await mesh.pass(2_000);
  assert.equal(client.relayAddr, mesh.addr(0));
  assert.equal(signals[0]!.guests[0]!.connection.closeInfo, null);
  gone.delete(2);
  await mesh.pass(1_000);
  assert.deepEqual(moves().map(({ move: { to, reason, gapMs } }) => [to, reason, gapMs]), [
    [mesh.addr(2), "draining", 0],
  ]);
  await mesh.pass(3_000);
  assert.ok(signals[0]!.guests[0]!.connection.closeInfo !== null);
  await leave();
});

Deno.test("a relay that stops while a phone rings is left after the call", async () => {
  const { mesh, client, moves, drain, leave } = await idlePhone();
  await client.place("them");
  drain(0);
  await mesh.pass(2_000);
  assert.deepEqual(moves(), []);
  client.hangUp();
  await mesh.pass(1_000);
  assert.deepEqual(moves().map(({ move }) => move.reason), ["draining"]);
  await client.place("them");
  client.hangUp();
  await mesh.pass(1_000);
  assert.equal(moves().length, 1, "the new one does not stop");
  await leave();
});

Deno.test("a relay that was only slow and answers before another one has the phone keeps it", async () => {
  const { mesh, signals, client, gone, moves, leave } = await idlePhone();
  gone.add(1).add(2);
  signals[0]!.deaf = true;
  await mesh.pass(5_500);
  assert.equal(client.session.closeInfo, null, "the old one is not given up meanwhile");
  signals[0]!.deaf = false;
  signals[0]!.say({ type: "Hangup", reason: "Normal", call_id: "of nobody" });
  await mesh.pass(100);
  gone.clear();
  await mesh.pass(10_000);
  assert.deepEqual(moves(), []);
  assert.equal(client.relayAddr, mesh.addr(0));
  await leave();
});

Deno.test("when the connection breaks the phone goes elsewhere at once, and back when only the old relay is there again", async () => {
  const { mesh, signals, client, gone, moves, leave } = await idlePhone();
  gone.add(0).add(1).add(2);
  signals[0]!.guests[0]!.connection.close(0, "shutdown");
  await mesh.pass(5_000);
  assert.deepEqual(moves(), []);
  gone.delete(0);
  await mesh.pass(2_000);
  assert.equal(client.relayAddr, mesh.addr(0));
  assert.deepEqual(moves().map(({ move }) => move.reason), ["closed"]);
  await leave();
});

Deno.test("a relay that throws the phone out is obeyed", async () => {
  const { mesh, signals, dials, types, advisor, leave } = await idlePhone();
  signals[0]!.guests[0]!.connection.close(0, "presence_protected");
  await mesh.pass(3_000);
  assert.deepEqual(types(), ["closed"]);
  assert.equal(dials.length, 1);
  assert.deepEqual(advisor.told, [], "there is nothing wrong with it");
  await leave();
});

Deno.test("when nobody takes the phone it gives up after half a minute", async () => {
  const { mesh, signals, dials, gone, types, leave } = await idlePhone();
  gone.add(0).add(1).add(2);
  signals[0]!.guests[0]!.connection.close(0, "shutdown");
  await mesh.pass(29_000);
  assert.deepEqual(types(), []);
  await mesh.pass(5_000);
  assert.deepEqual(types(), ["closed"]);
  assert.ok(dials.length < 150, `${dials.length} dials`);
  await leave();
});

Deno.test("relays that the user did not choose are not gone to, nor is the relay asked for signs of life", async () => {
  const { mesh, signals, dials, types, heard, leave } = await idlePhone({ chosen: [0] });
  await mesh.pass(10_000);
  assert.equal(heard(0).includes("Ping"), false);
  signals[0]!.say({
    type: "RelayDraining",
    deadline_ms: 9,
    relays: [`b|${mesh.addr(1)}`],
    reason: null,
  });
  await mesh.pass(100);
  signals[0]!.guests[0]!.connection.close(0, "shutdown");
  await mesh.pass(3_000);
  assert.deepEqual(types(), ["draining", "closed"]);
  assert.equal(dials.length, 1);
  await leave();
});

Deno.test("who pins goes only to relays whose certificate is known", async () => {
  const { mesh, client, dials, kill, leave } = await idlePhone({
    pin: PIN,
    pins: [PIN, null, PIN],
  });
  kill(0);
  await mesh.pass(NOTICED_AND_MOVED_MS);
  assert.equal(client.relayAddr, mesh.addr(2));
  assert.deepEqual(dials.map(({ relay, pin }) => [relay, pin]), [[0, PIN], [2, PIN]]);
  await leave();
});

Deno.test("a call that the lost relay had not set up is lost with it, the phone is not", async () => {
  const { mesh, signals, client, types, leave } = await idlePhone();
  await client.place("them");
  signals[0]!.guests[0]!.connection.close(0, "shutdown");
  await mesh.pass(2_000);
  assert.deepEqual(types().toSorted(), ["ended", "moved"]);
  assert.equal(client.call, null);
  assert.equal(client.relayAddr, mesh.addr(1));
  await leave();
});

Deno.test("somebody who leaves while looking for another relay has left", async () => {
  const { mesh, gone, drain, client, leave } = await idlePhone();
  gone.add(1).add(2);
  drain(0);
  await mesh.pass(700);
  await leave();
  assert.equal(client.relayAddr, mesh.addr(0));
});

Deno.test("a relay that has stopped is not asked again", async () => {
  const { mesh, signals, gone, drain, dials, moves, leave } = await idlePhone();
  gone.add(1).add(2);
  drain(0);
  await mesh.pass(1_000);
  signals[0]!.guests[0]!.connection.close(0, "shutdown");
  await mesh.pass(3_000);
  assert.equal(dials.filter(({ relay }) => relay === 0).length, 1);
  gone.delete(1);
  await mesh.pass(1_000);
  assert.deepEqual(moves().map(({ move }) => move.reason), ["draining"]);
  await leave();
});

Deno.test("a registration that is ready only after the old relay has spoken again is taken back", async () => {
  const { mesh, signals, client, moves, leave } = await idlePhone({ chosen: [0, 1] });
  const dialled = Promise.withResolvers<void>();
  mesh.dialSignals = async (relay, options) => {
    await dialled.promise;
    return signals[relay]!.transport.onDial(options);
  };
  signals[0]!.deaf = true;
  await mesh.pass(5_000);
  signals[0]!.deaf = false;
  signals[0]!.say({ type: "Hangup", reason: "Normal", call_id: "of nobody" });
  await mesh.pass(100);
  dialled.resolve();
  await mesh.pass(5_000);
  assert.deepEqual(moves(), []);
  assert.equal(client.relayAddr, mesh.addr(0));
  assert.ok(signals[1]!.guests[0]!.connection.closeInfo !== null);
  await leave();
});

Deno.test("the sound of a call goes through the relay the phone has moved to", async () => {
  const { mesh, signals, client, events, kill, leave } = await idlePhone();
  kill(0);
  mesh.kill(0);
  await mesh.pass(NOTICED_AND_MOVED_MS);
  const call = await client.place("them");
  signals[1]!.say({
    type: "CallSetup",
    call_id: call.id,
    room: `call-${call.id}`,
    relay_addr: "0.0.0.0:4433",
    peer_direct_addr: null,
    peer_local_addrs: [],
    ext: null,
  });
  await mesh.pass(1_000);
  const last = events.at(-1);
  assert.ok(last?.type === "media");
  assert.equal(last.voice.session.relayAddr, mesh.addr(1));
  client.hangUp();
  await mesh.pass(5_000);
  await leave();
});
