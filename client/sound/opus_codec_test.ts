import assert from "node:assert/strict";
import { CODEC_IDS } from "../../proto/codec.ts";
import { LevelMeter, rmsOf } from "./level.ts";
import { OpusCodec } from "./opus_codec.ts";
import { opusModule } from "./opus_module.ts";
import { toneSource } from "./source.ts";
import { DEFAULT_TIER, tierOf } from "./tier.ts";

Deno.test("a second of tone comes through as loud as it was, and in the bytes agreed on", async () => {
  const codec = await OpusCodec.create();
  const source = toneSource(1);
  const heard = new LevelMeter();
  let bytes = 0;
  for (let pcm = source.next(960); pcm !== null; pcm = source.next(960)) {
    const payload = codec.encode(pcm);
    bytes += payload.length;
    heard.add(codec.decode(payload)!);
  }
  codec.close();
  assert.equal(heard.samples, 48_000);
  assert.ok(Math.abs(heard.rms / (16_000 / Math.SQRT2) - 1) < 0.1, `RMS ${heard.rms}`);
  assert.ok(bytes * 8 < 1.2 * 24_000, `${bytes * 8} bits in a second`);
});

Deno.test("one decoder follows the sender through all tiers, each of which keeps its bitrate", async () => {
  const [sender, receiver] = [await OpusCodec.create(), await OpusCodec.create()];
  const noise = steadyNoise();
  for (const codec of CODEC_IDS.filter((id) => id.startsWith("Opus"))) {
    const tier = tierOf({ codec });
    sender.setTier(tier);
    // Noise, since a tone needs less than it may have.
    let bits = 0;
    for (let ms = 0; ms < 1000; ms += tier.frameMs) {
      const payload = sender.encode(noise(tier.samples));
      bits += payload.length * 8;
      const heard = receiver.decode(payload)!;
      assert.equal(heard.length, tier.samples);
      if (ms > 500) assert.ok(rmsOf(heard) > 1_000, `${codec} RMS ${rmsOf(heard)}`);
    }
    // Variable bitrate: white noise costs Opus half as much again at 6 kbit/s.
    assert.ok(bits > 0.7 * tier.bitrate && bits < 1.6 * tier.bitrate, `${codec} ${bits} bit/s`);
  }
  sender.close();
  receiver.close();
});

Deno.test("codecs share nothing", async () => {
  const lone = await OpusCodec.create();
  const source = toneSource(1);
  const expected = [0, 1, 2, 3].map(() => lone.decode(lone.encode(source.next(960)!)));
  const [one, other] = [await OpusCodec.create(), await OpusCodec.create()];
  const [first, second] = [toneSource(1), toneSource(1)];
  second.next(480);
  for (const frame of expected) {
    const payload = one.encode(first.next(960)!);
    other.decode(other.encode(second.next(960)!));
    assert.deepEqual(one.decode(payload), frame);
  }
  for (const codec of [lone, one, other]) codec.close();
});

Deno.test("what is no Opus gives null and does no harm", async () => {
  const codec = await OpusCodec.create();
  for (const payload of [[], [0xff], [0xff, 0xff, 0xff], Array(4_000).fill(1)]) {
    assert.equal(codec.decode(Uint8Array.from(payload)), null);
  }
  const source = toneSource(1);
  assert.equal(codec.decode(codec.encode(source.next(960)!))?.length, 960);
  codec.close();
});

Deno.test("a lost frame is concealed with so much sound as is missing", async () => {
  const codec = await OpusCodec.create();
  const source = toneSource(1);
  for (let i = 0; i < 10; i++) codec.decode(codec.encode(source.next(960)!));
  const made = codec.conceal(960);
  assert.equal(made.length, 960);
  assert.ok(rmsOf(made) > 5_000);
  codec.close();
});

Deno.test("a frame of the wrong length is refused", async () => {
  const codec = await OpusCodec.create(DEFAULT_TIER);
  assert.throws(() => codec.encode(new Int16Array(1920)), RangeError);
  codec.close();
});

Deno.test("memory is given back", async () => {
  const module = await opusModule();
  /** Where the next piece of memory would be. */
  const place = () => {
    const address = module._malloc(100_000);
    module._free(address);
    return address;
  };
  const use = async () => {
    for (let i = 0; i < 20; i++) (await OpusCodec.create()).close();
  };
  await use();
  const before = place();
  await use();
  assert.equal(place(), before);
});

/** White noise, the same every time: how many bits an encoder spends on noise varies with the noise. */
function steadyNoise(): (samples: number) => Int16Array {
  let state = 1;
  return (samples) =>
    Int16Array.from({ length: samples }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state >>> 16) % 32_000 - 16_000;
    });
}
