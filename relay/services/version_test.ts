import assert from "node:assert/strict";
import { QuicError } from "../../quic/errors.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import {
  type MemoryConnection,
  memoryPair,
  type MemoryPairOptions,
} from "../../quic/memory_pair.ts";
import { silentLog } from "../ports/log.ts";
import { VersionService } from "./version.ts";

function setUp(options: MemoryPairOptions = {}) {
  const clock = new ManualClock();
  const [client, connection] = memoryPair(options);
  const service = new VersionService("9377a90", clock);
  const serve = () => service.serve({ id: "c-1", name: "version", connection, log: silentLog });
  return { clock, client, server: connection, serve };
}

/** All of the next stream. */
async function answer(client: MemoryConnection): Promise<string> {
  const stream = await client.acceptUni();
  assert.ok(stream);
  let text = "";
  for (let part = await stream.read(); part !== null; part = await stream.read()) {
    text += new TextDecoder().decode(part);
  }
  return text;
}

/** Everything that can go on without time or a client has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("the answer is the bare build hash on one stream, then its end, then a close without reason", async () => {
  const { clock, client, serve } = setUp();
  serve();
  assert.equal(await answer(client), "9377a90");
  await settled();
  assert.equal(client.closeInfo, null);
  clock.advance(100);
  assert.deepEqual(client.closeInfo, { kind: "peer", code: 0, reason: "" });
  assert.equal(await client.acceptUni(), null);
});

Deno.test("the close waits until the bytes had time to leave", async () => {
  const { clock, client, serve } = setUp();
  serve();
  await answer(client);
  await settled();
  clock.advance(99);
  assert.equal(client.closeInfo, null);
});

Deno.test("a client that gives no credit for a stream is closed after five seconds", async () => {
  const { clock, client, serve } = setUp({ streamCredit: 0 });
  serve();
  await settled();
  clock.advance(4_999);
  assert.equal(client.closeInfo, null);
  clock.advance(1);
  assert.deepEqual(client.closeInfo, { kind: "peer", code: 0, reason: "" });
  await settled();
});

Deno.test("a client that leaves early leaves no timer behind", async () => {
  const { clock, client, serve } = setUp({ streamCredit: 0 });
  serve();
  client.close(0, "done");
  await settled();
  assert.equal(clock.pending, 0);
});

Deno.test("a client that refuses the stream is closed at once", async () => {
  const { client, server, serve } = setUp();
  server.openUni = () => Promise.reject(new QuicError("stream_reset", "stopped"));
  serve();
  await settled();
  assert.deepEqual(client.closeInfo, { kind: "peer", code: 0, reason: "" });
});
