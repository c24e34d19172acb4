import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type MemoryConnection, memoryPair } from "../../quic/memory_pair.ts";
import { joinRoom } from "../room_session.ts";
import { toneSource } from "../sound/source.ts";
import { TestingRelay, type TestingRelayOptions } from "../testing_relay.ts";
import { CallClient } from "./call_client.ts";
import type { CallClientEvent } from "./call_events.ts";
import type { DirectPort } from "./direct_calls.ts";
import type { DirectLink } from "./direct_link.ts";
import { TestingSignalRelay } from "./testing_signal_relay.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A client at a relay of the test, which calls somebody; with `direct` it is the one that is dialled. */
async function setUp(
  { tone, ...media }: Partial<TestingRelayOptions> & { readonly tone?: number } = {},
  withDirect = false,
) {
  const clock = new ManualClock();
  const signals = new TestingSignalRelay(clock);
  const rooms = new TestingRelay({ clock, crypto: nodeCrypto, ...media });
  const dialSignals = signals.transport.onDial;
  let gate = Promise.resolve();
  signals.transport.onDial = async (options) => {
    if (options.serverName === "_signal") return dialSignals(options);
    await gate;
    const [client, server] = memoryPair({ serverName: options.serverName });
    rooms.serve(server);
    return client;
  };
  const endpoint = await signals.endpoint();
  const expected: { serverName: string; link: DirectLink }[] = [];
  const direct: DirectPort = {
    endpoint,
    contact: () => ({ reflexive: "127.0.0.1:50000", locals: [], ext: null }),
    expect: (serverName, link) => void expected.push({ serverName, link }),
    forget: () => {},
  };
  const events: CallClientEvent[] = [];
  const client = await CallClient.register({
    endpoint,
    address: { ip: "127.0.0.1", port: 4433 },
    identity: new Identity(nodeCrypto, new Uint8Array(32).fill(1)),
    clock,
    crypto: nodeCrypto,
    onEvent: (event) => events.push(event),
    ...withDirect && { direct },
    ...tone !== undefined && { source: () => toneSource(tone) },
  });
  const call = await client.place("them");
  const setup: SignalOf<"CallSetup"> = {
    type: "CallSetup",
    call_id: call.id,
    room: `call-${call.id}`,
    relay_addr: "not an address",
    peer_direct_addr: withDirect ? "192.0.2.1:1" : null,
    peer_local_addrs: [],
    ext: null,
  };
  /** Lets time pass in small steps. */
  const pass = async (ms: number) => {
    for (let left = ms; left >= 0; left -= 50) {
      await settle();
      clock.advance(Math.min(50, left));
    }
    await settle();
  };
  /** Dialling for media takes until the function it returns is called. */
  const holdMedia = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  const said = () => signals.guests[0]!.heard;
  const say = async (message: KnownSignal) => {
    signals.say(message);
    await pass(0);
  };
  const find = <T extends CallClientEvent["type"]>(type: T) =>
    events.find((event): event is Extract<CallClientEvent, { type: T }> => event.type === type);
  /** The other party. */
  const join = (room: string) =>
    joinRoom({
      endpoint,
      address: { ip: "127.0.0.1", port: 4433 },
      room,
      identity: new Identity(nodeCrypto, new Uint8Array(32).fill(2)),
      clock,
      crypto: nodeCrypto,
    });
  return {
    clock,
    join,
    rooms,
    events,
    client,
    call,
    setup,
    expected,
    pass,
    said,
    say,
    find,
    holdMedia,
  };
}

const report = (call_id: string, direct_ok: boolean): KnownSignal => {
  return { type: "MediaPathReport", call_id, direct_ok, race_winner: "Direct" };
};

Deno.test("media goes through the room of the call at the relay in use, until either side ends it", async () => {
  const { rooms, client, call, setup, said, say, find, pass } = await setUp();
  await say(setup);
  await rooms.until(() => rooms.guests.length === 1);
  await pass(100);
  assert.equal(rooms.guests[0]?.room, setup.room);
  assert.equal(find("media")?.path, "relay");
  await say({ type: "Hangup", reason: "Normal", call_id: call.id });
  await pass(2_000);
  const ended = find("ended");
  assert.deepEqual([ended?.end.by, ended?.problem], ["them", null]);
  assert.ok(ended?.voice?.session.closeInfo);
  assert.equal(rooms.guests.length, 0);
  assert.equal(client.call, null);
  assert.ok(said().every(({ type }) => type !== "Hangup"));
});

Deno.test("nothing is said before the other party is in the room, or has had five seconds to come", async () => {
  for (const comes of [true, false]) {
    const { rooms, setup, say, find, pass, join } = await setUp({ tone: 1 });
    await say(setup);
    await rooms.until(() => rooms.guests.length === 1);
    await pass(1_000);
    const { sender } = find("media")!.voice;
    assert.equal(sender?.counts.frames, 0);
    if (comes) await join(setup.room);
    await pass(comes ? 100 : 5_000);
    assert.ok(sender!.counts.frames > 0);
  }
});

Deno.test("media that cannot begin or breaks off ends the call with an error", async () => {
  const refused = await setUp({ answer: "refuse" });
  await refused.say(refused.setup);
  await refused.pass(500);
  assert.match(refused.find("ended")?.problem ?? "", /The relay refused: not authorized/);
  assert.deepEqual(refused.said().at(-1), {
    type: "Hangup",
    reason: "Error",
    call_id: refused.call.id,
  });

  const broken = await setUp();
  await broken.say(broken.setup);
  await broken.rooms.until(() => broken.rooms.guests.length === 1);
  await broken.pass(100);
  broken.rooms.guests[0]!.connection.close(0, "room closed");
  await broken.pass(1_500);
  assert.match(broken.find("ended")?.problem ?? "", /media connection ended: room closed/);
});

Deno.test("a call that ends while its media is joining leaves the room again", async () => {
  const { rooms, client, setup, say, find, pass, holdMedia } = await setUp();
  const release = holdMedia();
  await say(setup);
  client.hangUp();
  await pass(100);
  release();
  await rooms.until(() => rooms.guests.length === 1);
  await pass(2_000);
  assert.equal(rooms.guests.length, 0);
  assert.equal(find("media"), undefined);
  assert.equal(find("ended")?.voice, null);
});

Deno.test("leaving hangs up and closes; losing the relay ends the call", async () => {
  const { client, said, find, pass } = await setUp();
  const leaving = client.leave();
  await pass(2_000);
  await leaving;
  assert.equal(said().at(-1)?.type, "Hangup");
  assert.equal(find("ended")?.end.by, "us");
  assert.equal(find("closed")?.info.kind, "local");
});

/** The other party dials us. */
function dialled(link: DirectLink): MemoryConnection {
  const [ours, theirs] = memoryPair();
  link.add(ours);
  return theirs;
}

Deno.test("both sides can: media goes directly, and no room is joined", async () => {
  const { rooms, call, setup, expected, said, say, find, pass } = await setUp({}, true);
  await say(setup);
  assert.equal(expected[0]?.serverName, `call-${setup.room}`);
  const peer = dialled(expected[0]!.link);
  await pass(50);
  assert.deepEqual(said().at(-1), report(call.id, true));
  assert.equal(find("media"), undefined);
  await say(report(call.id, true));
  await pass(3_000);
  assert.equal(find("media")?.path, "direct");
  assert.deepEqual([rooms.guests.length, peer.closeInfo], [0, null]);
  await say({ type: "Hangup", reason: "Normal", call_id: call.id });
  await pass(200);
  assert.equal(peer.closeInfo?.reason, "normal close");
  assert.equal(find("ended")?.problem, null);
});

Deno.test("nobody dials for two seconds: the relay is used, and who comes later is not selected", async () => {
  const { rooms, call, setup, expected, said, say, find, pass } = await setUp({}, true);
  await say(setup);
  await pass(2_100);
  await rooms.until(() => rooms.guests.length === 1);
  await pass(100);
  assert.deepEqual(said().at(-1), { ...report(call.id, false), race_winner: "Relay" });
  assert.equal(find("media")?.path, "relay");
  assert.equal(dialled(expected[0]!.link).closeInfo?.reason, "not-selected");
});

Deno.test("the other side says no: its connection is not selected, and the relay is used", async () => {
  const { rooms, call, setup, expected, say, find, pass } = await setUp({}, true);
  await say(setup);
  const peer = dialled(expected[0]!.link);
  await say(report(call.id, false));
  await rooms.until(() => rooms.guests.length === 1);
  await pass(100);
  assert.equal(peer.closeInfo?.reason, "not-selected");
  assert.equal(find("media")?.path, "relay");
});

Deno.test("a direct connection that is turned down after all continues through the relay", async () => {
  const { rooms, call, setup, expected, events, say, find, pass } = await setUp({}, true);
  await say(setup);
  const peer = dialled(expected[0]!.link);
  await say(report(call.id, true));
  await pass(500);
  peer.close(0, "not-selected");
  await rooms.until(() => rooms.guests.length === 1);
  await pass(100);
  const paths = events.flatMap((event) => event.type === "media" ? [event.path] : []);
  assert.deepEqual(paths, ["direct", "relay"]);
  assert.equal(find("ended"), undefined);
});

Deno.test("a direct connection that ends waits for the Hangup before it calls that an error", async () => {
  for (const hangup of [true, false]) {
    const { call, setup, expected, say, find, pass } = await setUp({}, true);
    await say(setup);
    const peer = dialled(expected[0]!.link);
    await say(report(call.id, true));
    await pass(500);
    peer.close(0, "normal close");
    await pass(1_000);
    assert.equal(find("ended"), undefined);
    if (hangup) await say({ type: "Hangup", reason: "Normal", call_id: call.id });
    else await pass(5_000);
    await pass(100);
    assert.equal(find("ended")?.problem === null, hangup);
  }
});

Deno.test("a call that ends during the race opens nothing and leaves nothing open", async () => {
  const { rooms, client, clock, setup, expected, say, find, pass } = await setUp({}, true);
  await say(setup);
  const peer = dialled(expected[0]!.link);
  await pass(500);
  client.hangUp();
  await pass(0);
  assert.equal(peer.closeInfo?.reason, "not-selected");
  const leaving = client.leave();
  await pass(5_000);
  await leaving;
  assert.equal(rooms.guests.length, 0);
  assert.equal(find("media"), undefined);
  assert.equal(clock.pending, 0);
});
