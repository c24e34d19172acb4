import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "./errors.ts";
import { hasTrailer, seqOf, timestampOf } from "./media_header.ts";
import { encodeMedia, type MediaPacketInit } from "./media_packet.ts";
import { FULL_FRAME_INTERVAL, MiniFrameDecoder, MiniFrameEncoder } from "./mini_frame.ts";

const FULL = 0x00;
const MINI = 0x01;

const quality = { loss_pct: 1, rtt_4ms: 2, jitter_ms: 3, bitrate_cap_kbps: 200 };

function frameNumber(number: number, changes: Partial<MediaPacketInit> = {}): Uint8Array {
  return encodeMedia({
    codec: "Opus24k",
    seq: number & 0xffff,
    timestamp: (number * 20) >>> 0,
    payload: Uint8Array.of(0xf8, number & 255),
    ...changes,
  });
}

/** Frames both packets with one encoder and answers the type of the second frame. */
function typeAfter(first: Uint8Array, second: Uint8Array): number {
  const encoder = new MiniFrameEncoder();
  encoder.encode(first);
  return encoder.encode(second)[0]!;
}

Deno.test("the first frame is full, 49 mini frames follow, then comes a full one again", () => {
  const encoder = new MiniFrameEncoder();
  const decoder = new MiniFrameDecoder();
  const types: number[] = [];
  for (let number = 0; number <= 50; number++) {
    const frame = encoder.encode(frameNumber(number));
    types.push(frame[0]!);
    assert.deepEqual(decoder.decode(frame), frameNumber(number));
  }
  assert.equal(FULL_FRAME_INTERVAL, 50);
  assert.deepEqual(types, [FULL, ...new Array(49).fill(MINI), FULL]);
});

Deno.test("a mini frame is type, timestamp delta, payload length and payload", () => {
  const encoder = new MiniFrameEncoder();
  encoder.encode(frameNumber(0));
  assert.deepEqual([...encoder.encode(frameNumber(1))], [1, 0, 20, 0, 2, 0xf8, 1]);
});

Deno.test("sequence number and timestamp wrap across mini frames", () => {
  const last = frameNumber(0, { seq: 65535, timestamp: 0xffff_fff0 });
  const next = frameNumber(0, { seq: 0, timestamp: 4 });
  const encoder = new MiniFrameEncoder();
  const decoder = new MiniFrameDecoder();
  decoder.decode(encoder.encode(last));
  const frame = encoder.encode(next);
  assert.equal(frame[0], MINI);
  assert.deepEqual(decoder.decode(frame), next);
});

Deno.test("what a mini frame cannot express goes out as a full one", () => {
  const base = frameNumber(0);
  assert.equal(typeAfter(base, frameNumber(1)), MINI);
  assert.equal(typeAfter(base, frameNumber(1, { seq: 2 })), FULL, "a gap");
  assert.equal(typeAfter(base, frameNumber(1, { codec: "Opus6k" })), FULL, "another codec");
  assert.equal(typeAfter(base, frameNumber(1, { repair: true })), FULL, "a repair packet");
  assert.equal(typeAfter(base, frameNumber(1, { fecRatio: 0.2 })), FULL, "another FEC ratio");
  assert.equal(typeAfter(base, frameNumber(1, { fecBlock: 1 })), FULL, "another block");
  assert.equal(typeAfter(base, frameNumber(1, { fecSymbol: 1 })), FULL, "another symbol");
  assert.equal(typeAfter(base, frameNumber(1, { csrcCount: 1 })), FULL, "another csrc count");
  assert.equal(typeAfter(base, frameNumber(1, { quality })), FULL, "a trailer");
  assert.equal(typeAfter(base, frameNumber(1, { timestamp: 65536 })), FULL, "a long pause");
  const large = frameNumber(1, { payload: new Uint8Array(65536) });
  assert.equal(typeAfter(base, large), FULL, "a large payload");
});

Deno.test("a mini frame after a packet with trailer has none", () => {
  const encoder = new MiniFrameEncoder();
  const decoder = new MiniFrameDecoder();
  assert.equal(hasTrailer(decoder.decode(encoder.encode(frameNumber(0, { quality })))), true);
  const frame = encoder.encode(frameNumber(1));
  assert.equal(frame[0], MINI);
  assert.deepEqual(decoder.decode(frame), frameNumber(1));
});

Deno.test("any sequence of packets arrives as it was sent", () => {
  const step = fc.record({
    seqStep: fc.constantFrom(1, 1, 1, 2),
    timeStep: fc.constantFrom(20, 40, 70_000),
    repair: fc.constantFrom(false, false, true),
    quality: fc.constantFrom(null, null, quality),
    payload: fc.uint8Array({ maxLength: 20 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const encoder = new MiniFrameEncoder();
      const decoder = new MiniFrameDecoder();
      let seq = 65_500;
      let timestamp = 0xffff_f000;
      for (const { seqStep, timeStep, ...rest } of steps) {
        seq = (seq + seqStep) & 0xffff;
        timestamp = (timestamp + timeStep) >>> 0;
        const packet = encodeMedia({ codec: "Opus24k", seq, timestamp, ...rest });
        assert.deepEqual(decoder.decode(encoder.encode(packet)), packet);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a mini frame before any full frame is malformed", () => {
  assert.throws(() => new MiniFrameDecoder().decode(Uint8Array.of(1, 0, 20, 0, 0)), {
    code: "malformed",
  });
});

Deno.test("a refused frame leaves the decoder as it was", () => {
  const decoder = new MiniFrameDecoder();
  decoder.decode(new MiniFrameEncoder().encode(frameNumber(7)));
  assert.throws(() => decoder.decode(Uint8Array.of(1, 0, 20, 0, 9, 1)), { code: "truncated" });
  assert.throws(() => decoder.decode(Uint8Array.of(1, 0, 20)), { code: "truncated" });
  assert.throws(() => decoder.decode(Uint8Array.of(0, 0, 20)), { code: "truncated" });
  assert.throws(() => decoder.decode(Uint8Array.of(2, 0, 20)), { code: "malformed" });
  assert.throws(() => decoder.decode(new Uint8Array(0)), { code: "truncated" });
  const packet = decoder.decode(Uint8Array.of(1, 0, 20, 0, 0));
  assert.deepEqual([seqOf(packet), timestampOf(packet)], [8, 160]);
});

Deno.test("the encoder takes media packets only", () => {
  assert.throws(() => new MiniFrameEncoder().encode(new Uint8Array(3)), TypeError);
});

Deno.test("the decoder throws only WireError, whatever arrives in whatever order", () => {
  const frame = fc.uint8Array({ maxLength: 30 }).chain((bytes) =>
    fc.constantFrom(0, 0, 1, 1, 2).map((type) => Uint8Array.of(type, ...bytes))
  );
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), (frames) => {
      const decoder = new MiniFrameDecoder();
      for (const bytes of frames) {
        try {
          decoder.decode(bytes);
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
        }
      }
    }),
    { numRuns: 5000 },
  );
});
