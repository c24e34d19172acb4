/** Rooms of the built relay: who hears whom, in which order, and what is told of who is there. */
import assert from "node:assert/strict";
import { SENT } from "../../quic/port.ts";
import type { TestClient } from "../harness/test_client.ts";
import { clientsOf, countersShow, countsOf, relayTest } from "./relay_rig.ts";

/** Far from the limits on honest voice. */
const FAST = "max_packets_per_second = 100000\nmax_kbit_per_second = 1000000\n";

/** Sends packets in small groups, as fast as the listener takes them: no socket on the way overflows. */
async function speak(
  from: TestClient,
  to: TestClient,
  seqs: readonly number[],
  payload?: Uint8Array,
): Promise<void> {
  for (const [sent, seq] of seqs.entries()) {
    assert.equal(from.speak(seq, payload), SENT);
    if (sent % 32 === 31) await to.until(() => to.heard.includes(seq));
  }
  await to.until(() => to.heard.includes(seqs.at(-1)!));
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

relayTest(
  "two clients hear each other, every packet and in order, and themselves not",
  async ({ clients }) => {
    const a = await clients.join("general", { alias: "a" });
    const b = await clients.join("general", { alias: "b" });
    await Promise.all([speak(a, b, range(0, 500)), speak(b, a, range(10_000, 500))]);
    assert.deepEqual(b.heard, range(0, 500));
    assert.deepEqual(a.heard, range(10_000, 500));
  },
  { config: FAST },
);

relayTest(
  "who joins late hears what is said from then on, and other rooms hear nothing",
  async ({ clients }) => {
    const a = await clients.join("general");
    const b = await clients.join("general");
    const elsewhere = await clients.join("other");
    await speak(a, b, range(0, 10));
    const late = await clients.join("general");
    await Promise.all([a, b, late].map((client) => client.inRoomOf(3)));
    await speak(a, late, range(10, 10));
    await b.until(() => b.packets.length === 20);
    assert.deepEqual(b.heard, range(0, 20));
    assert.deepEqual(late.heard, range(10, 10));
    assert.deepEqual(elsewhere.heard, []);
    await elsewhere.inRoomOf(1);
  },
);

relayTest(
  "twenty in one room all hear each other, and every list is complete",
  async ({ clients, relay }) => {
    const all: TestClient[] = [];
    for (let i = 0; i < 20; i++) {
      all.push(await clients.join("general", { alias: `p${i}` }));
    }
    const names = all.map((_, i) => `p${i}`);
    for (const [place, client] of all.entries()) {
      await client.inRoomOf(20);
      for (const { count, participants } of client.received("RoomUpdate")) {
        assert.equal(count, participants.length);
        // Always everybody, in the order they joined; a list that was overtaken may be left out.
        assert.deepEqual(participants.map(({ alias }) => alias), names.slice(0, count));
        assert.ok(count > place);
      }
      assert.deepEqual(
        client.room!.participants.map(({ fingerprint }) => fingerprint),
        all.map(({ identity }) => identity.fingerprint),
      );
    }
    for (const [i, client] of all.entries()) assert.equal(client.speak(i), SENT);
    for (const [i, client] of all.entries()) {
      await client.until(() => client.packets.length === 19);
      assert.deepEqual(client.heard.toSorted((x, y) => x - y), range(0, 20).filter((n) => n !== i));
    }
    all[7]!.leave();
    await all[0]!.inRoomOf(19);
    assert.ok(all[0]!.room!.participants.every(({ alias }) => alias !== "p7"));
    for (const client of all) client.leave();
    await countersShow(relay, "wzp_relay_active_rooms", (rooms) => rooms === 0);
    assert.equal((await relay.counters())["wzp_relay_packets_delivered_total"], 380);
  },
);

relayTest("an identity that joins twice takes part twice", async ({ clients }) => {
  const seed = new Uint8Array(32).fill(1);
  const first = await clients.join("general", { seed });
  const second = await clients.join("general", { seed });
  await speak(first, second, [1]);
  await speak(second, first, [2]);
  first.leave();
  await second.inRoomOf(1);
});

relayTest(
  "a client that never reads signals keeps its sound while 200 lists pass by",
  async ({ clients, relay }) => {
    const deaf = await clients.join("general", { alias: "deaf", readsSignals: 0 });
    const other = await clients.join("general", { alias: "other" });
    for (let i = 0; i < 100; i++) {
      const passing = await clients.join("general");
      await other.inRoomOf(3);
      passing.leave();
      await other.inRoomOf(2);
    }
    // Longer than the relay is patient with one that takes nothing.
    const until = performance.now() + 3_000;
    let seq = 0;
    while (performance.now() < until) {
      await speak(other, deaf, [seq]);
      await speak(deaf, other, [seq++]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(deaf.heard, range(0, seq));
    assert.equal(deaf.connection.closeInfo, null);
    assert.equal((await relay.counters())["wzp_relay_slow_consumers_total"], 0);
    const dropped = await countsOf(relay, "wzp_relay_signals_dropped_total");
    assert.ok(dropped["coalesced"]! > 90, JSON.stringify(dropped));
  },
  { config: "slow_receiver_timeout = 1\n" },
);

relayTest(
  "what clients send beside their sound is read, and a Hangup ends nothing",
  async ({ clients, relay }) => {
    const a = await clients.join("general");
    const b = await clients.join("general");
    // Far more than a client may leave unread.
    for (let i = 0; i < 300; i++) {
      a.channel.send({ type: "Mute" });
      await a.channel.flushed();
    }
    for (const total of [10, 25, 5, 30]) {
      a.channel.send({
        type: "LossRecoveryUpdate",
        dred_reconstructions: total,
        classical_plc_invocations: 0,
        frames_decoded: 0,
      });
    }
    a.channel.send({ type: "Hangup", reason: "Normal", call_id: null });
    a.channel.send({ type: "Ping", timestamp_ms: 9 });
    await a.until(() => a.received("Pong").length === 1);
    await speak(b, a, [1]);
    await speak(a, b, [2]);
    const recovered = await relay.counters();
    assert.deepEqual(
      Object.values(recovered["wzp_relay_session_dred_reconstructions_total"] as object),
      [30],
    );
    a.leave();
    await b.inRoomOf(1);
    assert.deepEqual((await relay.counters())["wzp_relay_session_dred_reconstructions_total"], {});
  },
);

relayTest(
  "everything that came in was delivered or is counted as dropped",
  async ({ clients, relay }) => {
    const others = await clientsOf(relay);
    const all = [await clients.join("a"), await clients.join("a"), await others.join("a")];
    const alone = await clients.join("b");
    const [speaker, listener, leaver] = all as [TestClient, TestClient, TestClient];
    const SENT_TO_ROOM = 2_000;
    const large = new Uint8Array(1_150);
    for (let seq = 0; seq < SENT_TO_ROOM; seq += 32) {
      const seqs = range(seq, Math.min(32, SENT_TO_ROOM - seq));
      await speak(speaker, listener, seqs, seq % 64 === 0 ? large : undefined);
      if (seq === 640) await others.close();
    }
    await listener.inRoomOf(2);
    assert.ok(leaver.connection.closeInfo !== null);
    for (const seq of range(0, 10)) alone.speak(seq);
    for (const _ of range(0, 10)) alone.connection.sendDatagram(new Uint8Array([0xff, 1, 2]));
    const received = SENT_TO_ROOM + 20;
    await countersShow(relay, "wzp_relay_packets_received_total", (count) => count === received);
    // What the transport gave up of the connection that ended is counted with later packets.
    await speak(speaker, listener, range(SENT_TO_ROOM, 32));

    const counters = await relay.counters();
    const sum = (name: string) =>
      Object.values(counters[name] as Record<string, number>).reduce((total, n) => total + n, 0);
    const rejected = counters["wzp_relay_packets_rejected_total"];
    assert.deepEqual(rejected, { malformed: 10, rate_limited: 0, no_receiver: 10 });
    const forwarded = counters["wzp_relay_packets_forwarded_total"] as number;
    const delivered = counters["wzp_relay_packets_delivered_total"] as number;
    assert.equal(forwarded, delivered + sum("wzp_relay_packets_dropped_total"));
    assert.equal(counters["wzp_relay_packets_received_total"], received + 32);
    // Two receivers until one left, then one.
    const accepted = SENT_TO_ROOM + 32;
    assert.ok(forwarded >= accepted + 672 && forwarded < 2 * accepted, `${forwarded} forwarded`);
    assert.deepEqual(listener.heard, range(0, accepted));
    assert.ok(delivered >= accepted + leaver.packets.length);
  },
  { config: FAST },
);
