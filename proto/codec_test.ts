import assert from "node:assert/strict";
import { CODEC_IDS, codecNamed, CODECS, PROFILES } from "./codec.ts";

Deno.test("a codec's place in the table is its wire id", () => {
  assert.deepEqual(CODECS.map((codec) => codec.wireId), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(CODECS.map((codec) => codec.name), CODEC_IDS);
});

Deno.test("the codec table has the bitrates, frame lengths and sample rates of the protocol", () => {
  const rows = CODECS.map((c) => `${c.wireId} ${c.name} ${c.bitrate} ${c.frameMs} ${c.sampleRate}`);
  assert.deepEqual(rows, [
    "0 Opus24k 24000 20 48000",
    "1 Opus16k 16000 20 48000",
    "2 Opus6k 6000 40 48000",
    "3 Codec2_3200 3200 20 8000",
    "4 Codec2_1200 1200 40 8000",
    "5 ComfortNoise 0 20 48000",
    "6 Opus32k 32000 20 48000",
    "7 Opus48k 48000 20 48000",
    "8 Opus64k 64000 20 48000",
  ]);
});

Deno.test("codec names are case sensitive and nothing else answers to one", () => {
  assert.equal(codecNamed("Codec2_1200").wireId, 4);
  assert.equal(codecNamed("opus24k"), undefined);
  assert.equal(codecNamed("constructor"), undefined);
});

Deno.test("GOOD prints as the signal JSON of the protocol", () => {
  assert.equal(
    JSON.stringify(PROFILES.GOOD),
    '{"codec":"Opus24k","fec_ratio":0.2,"frame_duration_ms":20,"frames_per_block":5}',
  );
});

Deno.test("the named profiles are those of the protocol", () => {
  const rows = Object.entries(PROFILES).map(([name, p]) =>
    `${name} ${p.codec} ${p.fec_ratio} ${p.frame_duration_ms} ${p.frames_per_block}`
  );
  assert.deepEqual(rows, [
    "GOOD Opus24k 0.2 20 5",
    "DEGRADED Opus6k 0.5 40 10",
    "CATASTROPHIC Codec2_1200 1 40 8",
    "STUDIO_32K Opus32k 0.1 20 5",
    "STUDIO_48K Opus48k 0.1 20 5",
    "STUDIO_64K Opus64k 0.1 20 5",
  ]);
});
