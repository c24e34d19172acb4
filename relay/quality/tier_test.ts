import assert from "node:assert/strict";
import fc from "fast-check";
import { PROFILES } from "../../proto/codec.ts";
import { above, classify, TIER_NAMES, TIER_PROFILES } from "./tier.ts";

Deno.test("a report is classified by the first row of the table that fits", () => {
  const table: [lossPercent: number, rttMs: number, tier: string][] = [
    [100, 1020, "Catastrophic"],
    [15, 0, "Catastrophic"],
    [0, 200, "Catastrophic"],
    [14.9, 199.9, "Degraded"],
    [5, 0, "Degraded"],
    [0, 100, "Degraded"],
    [4.9, 99.9, "Good"],
    [2, 0, "Good"],
    [0, 80, "Good"],
    [1.9, 79.9, "Studio32k"],
    [1, 0, "Studio32k"],
    [0, 50, "Studio32k"],
    [0.9, 49.9, "Studio48k"],
    [0, 30, "Studio48k"],
    [0.9, 29.9, "Studio64k"],
    [0, 0, "Studio64k"],
    [1, 30, "Studio32k"],
    [5, 30, "Degraded"],
    [0, 250, "Catastrophic"],
  ];
  for (const [loss, rtt, tier] of table) {
    assert.equal(TIER_NAMES[classify(loss, rtt)], tier, `${loss} % ${rtt} ms`);
  }
});

Deno.test("every byte a report can hold falls on the side of the table that its figure says", () => {
  const firstLossByte = (tier: number) =>
    Array.from({ length: 256 }, (_, byte) => byte).find((byte) =>
      classify((byte / 255) * 100, 0) <= tier
    );
  assert.deepEqual([0, 1, 2, 3].map(firstLossByte), [39, 13, 6, 3]);
  const firstRttByte = (tier: number) =>
    Array.from({ length: 256 }, (_, byte) => byte).find((byte) => classify(0, byte * 4) <= tier);
  assert.deepEqual([0, 1, 2, 3, 4].map(firstRttByte), [50, 25, 20, 13, 8]);
});

Deno.test("more loss or a longer round trip never makes a better tier", () => {
  const loss = fc.double({ min: 0, max: 100, noNaN: true });
  const rtt = fc.integer({ min: 0, max: 1020 });
  fc.assert(fc.property(loss, rtt, loss, rtt, (loss, rtt, moreLoss, moreRtt) => {
    assert(classify(loss + moreLoss, rtt + moreRtt) <= classify(loss, rtt));
  }));
});

Deno.test("each tier has the profile of its name, and the best has none above it", () => {
  assert.deepEqual(TIER_PROFILES.map((profile) => profile.codec), [
    "Codec2_1200",
    "Opus6k",
    "Opus24k",
    "Opus32k",
    "Opus48k",
    "Opus64k",
  ]);
  assert.deepEqual(new Set(TIER_PROFILES), new Set(Object.values(PROFILES)));
  assert.equal(TIER_NAMES.length, TIER_PROFILES.length);
  assert.deepEqual(([0, 1, 2, 3, 4, 5] as const).map(above), [1, 2, 3, 4, 5, null]);
});
