/** Clients that send anything on streams: the relay reads on for others, and nothing of them stays when they left. */
import assert from "node:assert/strict";
import type { BidiStream } from "../../quic/port.ts";
import { encodeFrame } from "../../proto/signal/mod.ts";
import { SignalClient } from "../harness/signal_client.ts";
import type { TestClient } from "../harness/test_client.ts";
import type { RelayProcess } from "../harness/relay_process.ts";
import { LIMIT_MS } from "./callers.ts";
import { countersShow, countsOf, relayTest } from "./relay_rig.ts";

const STREAMS = 10_000;
/** Each stays within what the relay reads at once; a single one would be held back to 200 streams a second. */
const CLIENTS = 25;
/** Of each client's streams, so many stay half sent: fewer than it may have open. */
const UNFINISHED = 12;
/** Until the collector has its size. */
const WARMING_ROUNDS = 5;
const ROUNDS = 2;
/** Above what is there after warming up; one KiB for each stream would be 20 MB. */
const SLACK_KB = 16 * 1024;

/** Resident memory in KB. */
async function memoryOf({ pid }: RelayProcess): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s*(\d+) kB/.exec(status)![1]);
}

/** What a stream brings: nothing, noise, a length that lies, JSON of all kinds, and now and then a message. */
function content(index: number): Uint8Array {
  const noise = crypto.getRandomValues(new Uint8Array(index % 600));
  switch (index % 6) {
    case 0:
      return new Uint8Array(0);
    case 1:
      return noise;
    case 2:
      return Uint8Array.of(0, 0, 2, 88, ...noise);
    case 3:
      return Uint8Array.of(0xff, 0xff, 0xff, 0xff, ...noise);
    case 4: {
      const json = new TextEncoder().encode(`{"LossRecoveryUpdate":${"[".repeat(index % 400)}`);
      return Uint8Array.of(0, 0, json.length >> 8, json.length & 255, ...json);
    }
    default:
      return encodeFrame({ type: "Mute" });
  }
}

/** Streams that are collected would be finished. */
const unfinished: BidiStream[] = [];

/** Opens so many streams, of which the last ones are never finished. */
async function attack({ connection }: TestClient, streams: number): Promise<void> {
  for (let i = 0; i < streams; i++) {
    // On a machine that is slow enough it is closed for the first ones before it has begun the last.
    const stream = await connection.openBidi().catch(() => null);
    if (stream === null) return assert.ok(i > streams - UNFINISHED);
    stream.receive.stop();
    const bytes = content(i);
    if (i < streams - UNFINISHED) await stream.send.finish(bytes).catch(() => {});
    else {
      unfinished.push(stream);
      await stream.send.write(Uint8Array.of(0, 0, 64, 0, ...bytes)).catch(() => {});
    }
  }
}

relayTest(
  "10,000 streams of anything harm nobody, and no memory stays when they left",
  async (rig) => {
    const { clients, relay } = rig;
    const a = await clients.join("hall");
    const b = await clients.join("hall");
    let seq = 0;
    /** The memory once everybody is gone. */
    const round = async () => {
      const bad = await Promise.all(Array.from({ length: CLIENTS }, () => clients.join("hall")));
      await Promise.all(bad.map((client) => attack(client, STREAMS / CLIENTS)));
      // While the last streams are still open. Sockets of a busy machine may lose one.
      const heard = b.packets.length;
      while (b.packets.length === heard) {
        a.speak(seq++);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (const client of bad) client.leave();
      unfinished.length = 0;
      await countersShow(relay, "wzp_relay_active_sessions", (count) => count === 2);
      return await memoryOf(relay);
    };
    const memory: number[] = [];
    for (let i = 0; i < WARMING_ROUNDS + ROUNDS; i++) memory.push(await round());
    const before = Math.max(...memory.slice(0, WARMING_ROUNDS));
    const after = Math.max(...memory.slice(WARMING_ROUNDS));
    assert.ok(after - before < SLACK_KB, `${memory}`);

    const counters = await relay.counters();
    const invalid = counters["wzp_relay_signals_invalid_total"] as Record<string, number>;
    const read = Object.values(invalid).reduce((sum, count) => sum + count, 0) +
      (counters["wzp_relay_signals_received_total"] as number);
    // All but those that were open when their clients left.
    assert.ok(read >= memory.length * (STREAMS - CLIENTS * 20), `${read}`);
    assert.equal(counters["wzp_relay_internal_errors_total"], 0);
    assert.doesNotMatch(relay.stdout.text + relay.stderr.text, /^\s+at /m);
  },
);

relayTest(
  "who begins messages again and again and does not finish them is closed, wherever it is",
  async ({ clients, relay }) => {
    const inRoom = await clients.join("hall");
    const registered = await SignalClient.register(clients);
    const probe = await clients.connect("_probe");
    const bad = [inRoom.connection, registered.connection, probe];
    for (const connection of bad) {
      for (let i = 0; i < 5; i++) {
        const stream = await connection.openBidi();
        unfinished.push(stream);
        await stream.send.write(Uint8Array.of(0, 0, 1, 0, 0x7b));
      }
    }
    const other = await clients.join("hall");
    for (const { closed } of bad) {
      assert.deepEqual(await closed, { kind: "peer", code: 0, reason: "stalled messages" });
    }
    await other.inRoomOf(1);
    unfinished.length = 0;
    await relay.stdout.match(/left .* reason="stalled messages"/, LIMIT_MS);
  },
);

relayTest("a client's message has 64 KiB at most, wherever it sends it", async (rig) => {
  const { clients, relay } = rig;
  const inRoom = await clients.join("hall");
  const registered = await SignalClient.register(clients);
  const probe = await clients.connect("_probe");
  const tooLarge = async () =>
    (await countsOf(relay, "wzp_relay_signals_invalid_total"))["too_large"];
  for (const connection of [inRoom.connection, registered.connection, probe]) {
    const stream = await connection.openBidi();
    unfinished.push(stream);
    await stream.send.write(Uint8Array.of(0, 1, 0, 1, 0x7b));
  }
  while (await tooLarge() !== 3) await new Promise((resolve) => setTimeout(resolve, 10));
  await registered.nothingMore();
  unfinished.length = 0;
});
