import assert from "node:assert/strict";
import { encodeFrame, encodeSignal, type KnownSignal } from "../../../proto/signal/mod.ts";
import { memoryPair } from "../../../quic/memory_pair.ts";
import { decodeAsOriginal, nextMessage } from "./serial_intake.ts";

const PING: KnownSignal = { type: "Ping", timestamp_ms: 1 };
const OWN: KnownSignal = { type: "FederationReady" };
const ext = { v: 1, caps: ["echo"] };

Deno.test("what came after the original is an error, and inside a forward too", () => {
  assert.deepEqual(decodeAsOriginal(encodeSignal(PING)), PING);
  const forward = (inner: KnownSignal) =>
    encodeSignal({ type: "FederatedSignalForward", inner, origin_relay_fp: "00", ext: null });
  assert.deepEqual(decodeAsOriginal(forward(PING)), {
    type: "FederatedSignalForward",
    inner: PING,
    origin_relay_fp: "00",
    ext: null,
  });
  for (const bytes of [encodeSignal(OWN), forward(OWN), new TextEncoder().encode('{"New":{}}')]) {
    assert.throws(() => decodeAsOriginal(bytes), { name: "WireError" });
  }
});

Deno.test("fields it has never heard of are gone once it has read a message", () => {
  const hello: KnownSignal = {
    type: "FederationHello",
    tls_fingerprint: "00",
    ext: { ...ext, cert: null, nonce: null } as never,
  };
  assert.deepEqual(decodeAsOriginal(encodeSignal(hello)), { ...hello, ext: null });
});

Deno.test("a stream that is not finished holds up all behind it", async () => {
  const [near, far] = memoryPair();
  const frame = encodeFrame(PING);
  const first = await near.openBidi();
  await first.send.write(frame.subarray(0, 10));
  const second = await near.openBidi();
  await second.send.finish(encodeFrame({ type: "Ping", timestamp_ms: 2 }));
  const taken: number[] = [];
  const reading = (async () => {
    for (let i = 0; i < 2; i++) {
      const signal = decodeAsOriginal((await nextMessage(far))!);
      if (signal.type === "Ping") taken.push(signal.timestamp_ms);
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(taken, []);
  await first.send.finish(frame.subarray(10));
  await reading;
  assert.deepEqual(taken, [1, 2]);
  near.close(0, "bye");
  assert.equal(await nextMessage(far), null);
});

Deno.test("a stream that ends before its message is an error", async () => {
  const [near, far] = memoryPair();
  const stream = await near.openBidi();
  await stream.send.finish(encodeFrame(PING).subarray(0, 10));
  await assert.rejects(nextMessage(far), { name: "WireError", code: "truncated" });
});
