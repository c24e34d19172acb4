import assert from "node:assert/strict";
import { CODEC_IDS, PROFILES } from "../../proto/codec.ts";
import { tierOf } from "./tier.ts";

Deno.test("each Opus codec has its bitrate and frame", () => {
  const tiers = CODEC_IDS.filter((codec) => codec.startsWith("Opus")).map((codec) => {
    const { bitrate, frameMs, samples } = tierOf({ codec });
    return [codec, bitrate, frameMs, samples];
  });
  assert.deepEqual(tiers, [
    ["Opus24k", 24_000, 20, 960],
    ["Opus16k", 16_000, 20, 960],
    ["Opus6k", 6_000, 40, 1920],
    ["Opus32k", 32_000, 20, 960],
    ["Opus48k", 48_000, 20, 960],
    ["Opus64k", 64_000, 20, 960],
  ]);
});

Deno.test("where Codec2 is wanted the leanest Opus is sent", () => {
  assert.equal(tierOf(PROFILES.CATASTROPHIC).codec, "Opus6k");
  assert.equal(tierOf({ codec: "Codec2_3200" }).codec, "Opus6k");
});
