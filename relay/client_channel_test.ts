import assert from "node:assert/strict";
import { WireError } from "../proto/errors.ts";
import { MAX_EXT_BYTES } from "../proto/signal/ext.ts";
import { encodeFrame, type KnownSignal } from "../proto/signal/mod.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import { memoryPair } from "../quic/memory_pair.ts";
import { offer } from "./calls/testing_rig.ts";
import { clientChannel, MAX_CLIENT_MESSAGE_BYTES } from "./client_channel.ts";

Deno.test("the longest honest messages of a client are read, and longer ones are not", async () => {
  const [client, server] = memoryPair();
  const channel = clientChannel(server, new ManualClock());
  const token: KnownSignal = { type: "AuthToken", token: "\u20ac".repeat(16_384) };
  const rtts = new Map(
    Array.from(
      { length: 32 },
      (_, i) => [`[2001:db8:ffff:ffff:ffff:ffff:ffff:${i}]:65535`, 10_000],
    ),
  );
  const call = offer("a".repeat(39), "b".repeat(39), {
    caller_local_addrs: Array(64).fill("[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff%abcdefgh]:65535"),
    ext: { v: 1, caps: Array(64).fill("c".repeat(32)), rtts, direct_cert: null },
  });
  // Beside what the ext may have at most, whatever stands in it.
  assert.ok(encodeFrame(call).length + MAX_EXT_BYTES < MAX_CLIENT_MESSAGE_BYTES);
  for (const message of [token, call]) {
    const stream = await client.openBidi();
    await stream.send.finish(encodeFrame(message));
    const read = await channel.receive();
    assert.ok(read !== null && !(read instanceof WireError), `${read}`);
    assert.equal(read.type, message.type);
  }
  const long: KnownSignal = { type: "AuthToken", token: "x".repeat(MAX_CLIENT_MESSAGE_BYTES) };
  await (await client.openBidi()).send.finish(encodeFrame(long));
  const refused = await channel.receive();
  assert.ok(refused instanceof WireError && refused.code === "too_large");
});
