import assert from "node:assert/strict";
import { decodeMedia } from "../../proto/media_packet.ts";
import { CLOSED, QUEUE_FULL, type SendResult, SENT } from "../../quic/port.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type SoundSource, toneSource } from "./source.ts";
import { DEFAULT_TIER, type Tier, tierOf } from "./tier.ts";
import { VoiceSender, type VoiceSenderOptions } from "./voice_sender.ts";

class CountingCodec {
  tier: Tier = DEFAULT_TIER;
  setTier(tier: Tier) {
    this.tier = tier;
  }
  encode(pcm: Int16Array) {
    return Uint8Array.of(pcm.length / 48);
  }
}

function setUp(options: Partial<VoiceSenderOptions> = {}) {
  const clock = new ManualClock();
  const packets: { at: number; seq: number; timestamp: number; codec: string }[] = [];
  let answer: SendResult = SENT;
  const sender = new VoiceSender({
    clock,
    codec: new CountingCodec(),
    source: toneSource(1),
    send(bytes) {
      const { seq, timestamp, codec } = decodeMedia(bytes);
      packets.push({ at: clock.now(), seq, timestamp, codec });
      return answer;
    },
    ...options,
  });
  return { clock, packets, sender, answer: (result: SendResult) => answer = result };
}

Deno.test("a frame leaves every 20 ms, the first at once, until the source ends", async () => {
  const { clock, packets, sender } = setUp();
  sender.start();
  clock.advance(5_000);
  await sender.done;
  assert.deepEqual(packets.map(({ at }) => at), Array.from({ length: 50 }, (_, i) => i * 20));
  assert.deepEqual(packets.map(({ timestamp }) => timestamp), packets.map(({ at }) => at));
  assert.equal(sender.counts.sent, 50);
  assert.ok(Math.abs(sender.rms - 11_314) < 1);
  assert.equal(clock.pending, 0);
});

Deno.test("a packet the transport does not take is dropped and the next ones go on in time", () => {
  const { clock, packets, sender, answer } = setUp();
  sender.start();
  answer(QUEUE_FULL);
  clock.advance(100);
  answer(SENT);
  clock.advance(100);
  assert.equal(sender.counts.dropped, 5);
  assert.equal(sender.counts.sent, 6);
  assert.deepEqual(packets.map(({ at }) => at), [0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
});

Deno.test("it ends with the connection", async () => {
  const { clock, sender, answer } = setUp();
  sender.start();
  answer(CLOSED);
  clock.advance(20);
  await sender.done;
  assert.equal(clock.pending, 0);
});

Deno.test("a new tier counts from the next frame, with its own length", () => {
  const { clock, packets, sender } = setUp();
  sender.start();
  clock.advance(20);
  sender.setTier(tierOf({ codec: "Opus6k" }));
  clock.advance(100);
  assert.deepEqual(packets.map(({ at, codec }) => [at, codec]), [
    [0, "Opus24k"],
    [20, "Opus24k"],
    [40, "Opus6k"],
    [80, "Opus6k"],
    [120, "Opus6k"],
  ]);
  assert.deepEqual(packets.map(({ timestamp }) => timestamp), [0, 20, 40, 80, 120]);
});

Deno.test("silence is left out only where that was asked for", () => {
  const silence = (): SoundSource => {
    let frames = 30;
    return { next: (samples) => frames-- > 0 ? new Int16Array(samples) : null };
  };
  const talking = setUp({ source: silence() });
  talking.sender.start();
  talking.clock.advance(1_000);
  assert.equal(talking.packets.length, 30);
  const quiet = setUp({ source: silence(), suppressSilence: true });
  quiet.sender.start();
  quiet.clock.advance(1_000);
  assert.deepEqual(quiet.sender.counts, {
    frames: 30,
    sent: 7,
    dropped: 0,
    comfortNoise: 2,
    suppressed: 23,
  });
  assert.deepEqual(quiet.packets.map(({ seq }) => seq), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(quiet.packets.slice(-2).map(({ timestamp }) => timestamp), [280, 480]);
});

Deno.test("stopped, it sends nothing more", async () => {
  const { clock, packets, sender } = setUp();
  sender.start();
  sender.stop();
  clock.advance(1_000);
  await sender.done;
  assert.equal(packets.length, 1);
});
