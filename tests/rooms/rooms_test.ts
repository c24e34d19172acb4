import assert from "node:assert/strict";
import { fingerprintOf, Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { SENT } from "../../quic/port.ts";
import { until } from "../contract/rig.ts";
import { roomsTest } from "./rig.ts";

const SEEDS = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
const [CALLER, CALLEE] = SEEDS.map((seed) => new Identity(nodeCrypto, seed).fingerprint);

roomsTest("two clients hear each other, in order", async ({ clients, counters }) => {
  const a = await clients.join("general", { alias: "a" });
  const b = await clients.join("general", { alias: "b" });
  await a.inRoomOf(2);
  await b.inRoomOf(2);
  assert.deepEqual(b.room!.participants.map(({ alias }) => alias), ["a", "b"]);
  assert.equal(
    a.room!.participants[1]!.fingerprint,
    fingerprintOf(nodeCrypto, b.identity.publicKey),
  );
  const seqs = Array.from({ length: 100 }, (_, seq) => seq);
  for (const seq of seqs) {
    assert.equal(a.speak(seq), SENT);
    assert.equal(b.speak(1_000 + seq), SENT);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await b.until(() => b.packets.length === 100);
  await a.until(() => a.packets.length === 100);
  assert.deepEqual(b.heard, seqs);
  assert.deepEqual(a.heard, seqs.map((seq) => 1_000 + seq));
  assert.equal(counters.packetsDelivered, 200);
});

roomsTest("who joins late hears what is said from then on", async ({ clients }) => {
  const a = await clients.join("general");
  const b = await clients.join("general");
  a.speak(1);
  await b.until(() => b.packets.length === 1);
  const late = await clients.join("general");
  await a.inRoomOf(3);
  a.speak(2);
  await late.until(() => late.packets.length === 1);
  await b.until(() => b.packets.length === 2);
  assert.deepEqual([b.heard, late.heard], [[1, 2], [2]]);
});

roomsTest("twenty in one room all hear each other", async ({ clients, counters }) => {
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) => clients.join("general", { alias: `${index}` })),
  );
  for (const client of all) await client.inRoomOf(20);
  for (const [index, client] of all.entries()) client.speak(index);
  for (const [index, client] of all.entries()) {
    await client.until(() => client.packets.length === 19);
    const others = all.map((_, other) => other).filter((other) => other !== index);
    assert.deepEqual(client.heard.sort((x, y) => x - y), others);
  }
  assert.equal(counters.packetsForwarded, 380);
  for (const client of all.slice(1)) client.leave();
  await all[0]!.inRoomOf(1);
});

roomsTest("a call's room takes its two parties and refuses a third", async ({ clients }) => {
  const caller = await clients.join("call-abc", { seed: SEEDS[0]! });
  await assert.rejects(clients.join("call-abc", { seed: SEEDS[2]! }), /^Error: denied$/);
  const callee = await clients.join("call-abc", { seed: SEEDS[1]! });
  await assert.rejects(clients.join("call-abc", { seed: SEEDS[1]! }), /^Error: room full$/);
  await assert.rejects(clients.join("call-abd", { seed: SEEDS[0]! }), /^Error: denied$/);
  caller.speak(7);
  await callee.until(() => callee.packets.length === 1);
}, {
  mayJoin: (call, fingerprint) =>
    call === "abc" && (fingerprint === CALLER || fingerprint === CALLEE),
  isSetUp: (call) => call === "abc",
  isAuthenticated: () => false,
});

roomsTest("300 RoomUpdates do not disturb a room with one who never reads them", async (rig) => {
  const { clients, counters } = rig;
  const deaf = await clients.join("general", { alias: "deaf", readsSignals: 0 });
  const other = await clients.join("general", { alias: "other" });
  for (let i = 0; i < 150; i++) {
    const passing = await clients.join("general");
    await other.inRoomOf(3);
    passing.leave();
    await other.inRoomOf(2);
  }
  other.speak(1);
  await deaf.until(() => deaf.packets.length === 1);
  deaf.speak(2);
  await other.until(() => other.packets.length === 1);
  assert.equal(counters.slowConsumers, 0);
});

roomsTest("garbage datagrams and streams harm nobody", async ({ clients, counters }) => {
  const bad = await clients.join("general");
  const good = await clients.join("general");
  const garbage = Array.from({ length: 150 }, (_, length) => nodeCrypto.random(length));
  // A codec that does not exist, so that none of it is valid.
  for (const bytes of garbage) if (bytes.length > 0) bytes[0] = 0xff;
  for (const bytes of garbage) bad.connection.sendDatagram(bytes);
  for (let i = 0; i < 150; i++) {
    const stream = await bad.connection.openBidi();
    stream.receive.stop();
    await stream.send.finish(nodeCrypto.random(i)).catch(() => {});
  }
  await until(() => counters.packetsRejected.get("malformed") === 150);
  bad.speak(1);
  await good.until(() => good.packets.length === 1);
  good.speak(2);
  await bad.until(() => bad.packets.length === 1);
  assert.deepEqual([good.heard, bad.heard], [[1], [2]]);
});

roomsTest("refusals come before any answer, with code 0 and a reason", async (rig) => {
  const { clients, configure, rooms } = rig;
  configure({ max_room_participants: 1 });
  await clients.join("general");
  await assert.rejects(clients.join("general"), /^Error: room full$/);
  const wrong = await clients.dial("other");
  wrong.channel.send({ ...wrong.offer(), signature: new Uint8Array(64) });
  assert.deepEqual(await wrong.connection.closed, {
    kind: "peer",
    code: 0,
    reason: "bad handshake",
  });
  configure({ handshake_timeout: 1 });
  const silent = await clients.dial("other");
  assert.equal((await silent.connection.closed).reason, "handshake timeout");
  assert.equal([...rooms.list()].length, 1);
});
