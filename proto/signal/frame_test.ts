import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError, type WireErrorCode } from "../errors.ts";
import { encodeFrame, FrameReader } from "./frame.ts";
import { MAX_MESSAGE_BYTES } from "./signal.ts";

const hex = (bytes: Uint8Array) => bytes.toHex();
const is = (code: WireErrorCode) => (error: unknown) =>
  error instanceof WireError && error.code === code;

function header(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

Deno.test("the worked frames of the protocol come out byte for byte", () => {
  assert.equal(hex(encodeFrame({ type: "Reflect" })), "00000009" + "225265666c65637422");
  assert.equal(
    hex(encodeFrame({ type: "Ping", timestamp_ms: 12345 })),
    "0000001f" + "7b2250696e67223a7b2274696d657374616d705f6d73223a" + "31323334357d7d",
  );
});

Deno.test("a message is found however the stream is cut, and bytes after it are ignored", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 20 }),
      fc.array(fc.nat({ max: 40 }), { maxLength: 40 }),
      (content, rest, cuts) => {
        const stream = Uint8Array.of(...header(content.length), ...content, ...rest);
        const reader = new FrameReader();
        const found: Uint8Array[] = [];
        let at = 0;
        for (const size of [...cuts, stream.length]) {
          const message = reader.push(stream.subarray(at, at + size));
          if (message !== null) found.push(message);
          at += size;
        }
        reader.end();
        assert.equal(found.length, 1);
        assert.equal(hex(found[0]!), hex(content));
      },
    ),
    { numRuns: 3000 },
  );
});

Deno.test("a message of the largest size is read in pieces and in one", () => {
  const content = new Uint8Array(MAX_MESSAGE_BYTES).fill(0x20);
  const stream = new Uint8Array(4 + content.length);
  stream.set(header(content.length));
  stream.set(content, 4);
  assert.equal(new FrameReader().push(stream)?.length, MAX_MESSAGE_BYTES);

  const reader = new FrameReader();
  let message: Uint8Array | null = null;
  for (let at = 0; at < stream.length; at += 1000) {
    assert.equal(message, null);
    message = reader.push(stream.subarray(at, at + 1000));
  }
  assert.equal(message?.length, MAX_MESSAGE_BYTES);
});

Deno.test("an announced length over 1 MiB is refused as soon as it is known, and stays refused", () => {
  const reader = new FrameReader();
  const announced = header(MAX_MESSAGE_BYTES + 1);
  assert.equal(reader.push(announced.subarray(0, 3)), null);
  assert.throws(() => reader.push(announced.subarray(3)), is("too_large"));
  assert.throws(() => reader.push(new Uint8Array(10)), is("too_large"));
  assert.throws(() => reader.end(), is("truncated"));
  assert.throws(() => new FrameReader().push(header(0xffff_ffff)), is("too_large"));
});

Deno.test("a stream that ends before its message does is refused", () => {
  const frame = encodeFrame({ type: "Reflect" });
  for (let length = 0; length < frame.length; length++) {
    const reader = new FrameReader();
    assert.equal(reader.push(frame.subarray(0, length)), null);
    assert.throws(() => reader.end(), is("truncated"));
  }
});

Deno.test("an empty message is complete with its header", () => {
  const reader = new FrameReader();
  assert.equal(reader.push(header(0))?.length, 0);
  reader.end();
});

Deno.test("later chunks do not change a message that was put together", () => {
  const frame = encodeFrame({ type: "Reflect" });
  const reader = new FrameReader();
  const chunk = frame.slice(0, 8);
  reader.push(chunk);
  chunk.fill(0);
  assert.equal(hex(reader.push(frame.subarray(8))!), hex(frame.subarray(4)));
});

Deno.test("memory follows what arrived, not what was announced", () => {
  const before = Deno.memoryUsage().external;
  const readers = Array.from({ length: 500 }, () => {
    const reader = new FrameReader();
    reader.push(header(MAX_MESSAGE_BYTES));
    for (let i = 0; i < 100; i++) reader.push(Uint8Array.of(i));
    return reader;
  });
  const grown = Deno.memoryUsage().external - before;
  // What was announced is 500 MiB, what arrived 50 kB.
  assert.ok(grown < 50_000_000, `${grown} bytes for ${readers.length} streams`);
});
