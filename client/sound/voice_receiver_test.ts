import assert from "node:assert/strict";
import type { CodecId } from "../../proto/codec.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { VoiceReceiver } from "./voice_receiver.ts";

/** Frames of recognisable samples: what is in the payload, 1000 for made-up sound, 0 for silence. */
function setUp() {
  const clock = new ManualClock();
  const heard: [sample: number, length: number][] = [];
  const receiver = new VoiceReceiver({
    clock,
    codec: {
      decode: ([first]) => first === undefined ? null : new Int16Array(960).fill(first),
      conceal: (samples) => new Int16Array(samples).fill(1000),
    },
    sink: (pcm) => heard.push([pcm[0]!, pcm.length]),
    random: () => 1,
  });
  const packet = (seq: number, more: Partial<Parameters<typeof encodeMedia>[0]> = {}) => {
    clock.advance(20);
    receiver.receive(encodeMedia({
      codec: "Opus24k",
      seq,
      timestamp: seq * 20,
      payload: Uint8Array.of(seq + 1),
      ...more,
    }));
  };
  return { receiver, heard, packet };
}

Deno.test("packets become sound in order, from the first to the last", () => {
  const { receiver, heard, packet } = setUp();
  for (const seq of [0, 2, 1, 3]) packet(seq);
  receiver.finish();
  assert.deepEqual(heard, [[1, 960], [2, 960], [3, 960], [4, 960]]);
  assert.equal(receiver.counts.decoded, 4);
});

Deno.test("a gap is filled frame by frame and counted", () => {
  const { receiver, heard, packet } = setUp();
  for (const seq of [0, 1, 4, 5]) packet(seq);
  receiver.finish();
  assert.deepEqual(heard, [[1, 960], [2, 960], [1000, 1920], [5, 960], [6, 960]]);
  assert.equal(receiver.counts.lost, 2);
  assert.equal(receiver.counts.concealed, 1);
});

Deno.test("time in which nothing was sent is silence, comfort noise is noise", () => {
  const { receiver, heard, packet } = setUp();
  packet(0);
  packet(1, { codec: "ComfortNoise", payload: Uint8Array.of(50), timestamp: 200 });
  receiver.finish();
  assert.deepEqual(heard, [[1, 960], [0, 180 * 48], [50, 960]]);
  assert.equal(receiver.counts.comfortNoise, 1);
});

Deno.test("what cannot be decoded is concealed, for as long as it lasts", () => {
  const { receiver, heard, packet } = setUp();
  packet(0);
  packet(1, { payload: new Uint8Array(0) });
  packet(2, { codec: "Codec2_1200" });
  packet(3, { timestamp: 80 });
  receiver.finish();
  assert.deepEqual(heard, [[1, 960], [1000, 960], [1000, 1920], [4, 960]]);
  assert.equal(receiver.counts.undecodable, 2);
});

Deno.test("repair packets and what is malformed are counted and not played", () => {
  const { receiver, heard, packet } = setUp();
  packet(0, { repair: true });
  for (const length of [0, 1, 11]) receiver.receive(new Uint8Array(length));
  receiver.receive(new Uint8Array(20).fill(0xff));
  receiver.finish();
  assert.deepEqual(heard, []);
  assert.equal(receiver.counts.repair, 1);
  assert.equal(receiver.counts.malformed, 4);
  assert.equal(receiver.counts.packets, 0);
});

Deno.test("a trailer is no part of the sound", () => {
  const { receiver, heard, packet } = setUp();
  const quality = { loss_pct: 0, rtt_4ms: 1, jitter_ms: 0, bitrate_cap_kbps: 200 };
  packet(0, { payload: new Uint8Array(0), quality });
  receiver.finish();
  assert.equal(receiver.counts.undecodable, 1);
  assert.deepEqual(heard, [[1000, 960]]);
});

Deno.test("after the end nothing is played", () => {
  const { receiver, heard, packet } = setUp();
  receiver.finish();
  for (const seq of [0, 1, 2, 3]) packet(seq);
  assert.deepEqual(heard, []);
});

Deno.test("every codec a packet can be marked with is taken", () => {
  for (const codec of ["Opus6k", "Opus16k", "Opus32k", "Opus48k", "Opus64k"] as CodecId[]) {
    const { receiver, packet } = setUp();
    packet(0, { codec });
    receiver.finish();
    assert.equal(receiver.counts.decoded, 1);
  }
});
