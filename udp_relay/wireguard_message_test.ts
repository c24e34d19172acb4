/** Types by their first bytes and lengths, and numbers by their places. */
import assert from "node:assert/strict";
import { initiation, keyOf, response, transport } from "./testing_wireguard.ts";
import {
  counterOf,
  messageType,
  receiverIndex,
  RESPONSE,
  senderIndex,
  TRANSPORT,
} from "./wireguard_message.ts";

function message(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (length > 0) bytes[0] = type;
  return bytes;
}

Deno.test("each type has its length, and a transport message is filled up to sixteen bytes", () => {
  const lengths = (type: number) =>
    Array.from({ length: 300 }, (_, length) => length)
      .filter((length) => messageType(message(type, length)) !== 0);
  assert.deepEqual([0, 5, 255].flatMap(lengths), []);
  assert.deepEqual([1, 2, 3].map(lengths), [[148], [92], [64]]);
  assert.deepEqual(
    lengths(4),
    Array.from({ length: 17 }, (_, i) => 32 + 16 * i),
  );
});

Deno.test("the three bytes behind the type are zero", () => {
  for (const at of [1, 2, 3]) {
    const bytes = message(4, 32);
    bytes[at] = 1;
    assert.equal(messageType(bytes), 0);
  }
});

Deno.test("indices and counters are read where they stand, whatever their highest bit", () => {
  const key = keyOf(1);
  assert.equal(senderIndex(initiation(key, 0x01020304)), 0x01020304);
  assert.equal(senderIndex(response(key, 7, 0xfedcba98)), 7);
  assert.equal(receiverIndex(RESPONSE, response(key, 7, 0xfedcba98)), 0xfedcba98 | 0);
  assert.equal(receiverIndex(TRANSPORT, transport(0xffffffff, 1)), -1);
  assert.equal(counterOf(transport(1, 0xffffffff)), 0xffffffff);
  assert.equal(counterOf(transport(1, 2 ** 33 + 5)), 2 ** 33 + 5);
});
