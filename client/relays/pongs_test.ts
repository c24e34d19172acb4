import assert from "node:assert/strict";
import { WireError } from "../../proto/errors.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import type { Connection } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { pongs } from "./pongs.ts";

async function measured(connection: Connection, clock: ManualClock): Promise<number[]> {
  const found: number[] = [];
  const onPong = (rttMs: number) => void found.push(rttMs);
  const stamps = [7, 2 ** 53 - 1, 1];
  const stamp = () => stamps.shift()!;
  await pongs(connection, clock, { times: 3, timeoutMs: 1_000, stamp, onPong });
  return found;
}

/** Answers pings, each so much later than the one before; `wrong` first says what nobody asked. */
async function relay(connection: Connection, clock: ManualClock, wrong = false): Promise<void> {
  const channel = new SignalChannel(connection, { clock });
  for (let ms = 10;; ms += 10) {
    const message = await channel.receive();
    if (message === null) return;
    if (message instanceof WireError || message.type !== "Ping") continue;
    clock.advance(ms);
    if (wrong) channel.send({ type: "Pong", timestamp_ms: message.timestamp_ms - 1 });
    if (wrong) channel.send({ type: "Hangup", reason: "Normal", call_id: "x" });
    channel.send({ type: "Pong", timestamp_ms: message.timestamp_ms });
  }
}

for (const wrong of [false, true]) {
  Deno.test(`each ping is timed by its own answer${wrong ? ", whatever else is said" : ""}`, async () => {
    const clock = new ManualClock();
    const [client, server] = memoryPair();
    const serving = relay(server, clock, wrong);
    assert.deepEqual(await measured(client, clock), [10, 20, 30]);
    assert.equal((await server.closed).kind, "peer");
    await serving;
  });
}

Deno.test("who closes at once, or says nothing in time, has answered nothing", async () => {
  const clock = new ManualClock();
  const [refused, closer] = memoryPair();
  closer.close(0, "too many probes");
  assert.deepEqual(await measured(refused, clock), []);
  const [silent] = memoryPair();
  const asked = measured(silent, clock);
  clock.advance(1_000);
  assert.deepEqual(await asked, []);
  assert.equal(clock.pending, 0);
});
