import assert from "node:assert/strict";
import fc from "fast-check";
import { advance, allDrops, ceiling, chartShape, extentOf, figuresOf } from "./series.ts";
import type { Overview } from "./shapes.ts";

const history = (values: (number | null)[], endsAt = 10_000) => ({
  stepS: 2,
  endsAt,
  series: { sessions: values },
});

Deno.test("the history goes on by whole steps, and what was missed is missing", () => {
  const before = history([1, 2]);
  assert.equal(advance(before, { sessions: 3 }, 11_999), before);
  assert.deepEqual(advance(before, { sessions: 3 }, 12_000).series, { sessions: [1, 2, 3] });
  const later = advance(before, { sessions: 9, calls: 1 }, 16_500);
  assert.deepEqual(later.series, { sessions: [1, 2, null, null, 9], calls: [null, null, 1] });
  assert.equal(later.endsAt, 16_000);
});

Deno.test("however long the page slept, ten minutes are kept", () => {
  const full = history(new Array(300).fill(1));
  const next = advance(full, { sessions: 2 }, 12_000).series["sessions"]!;
  assert.equal(next.length, 300);
  assert.equal(next.at(-1), 2);
  const long = advance(full, { sessions: 5 }, 10_000 + 86_400_000).series["sessions"]!;
  assert.equal(long.length, 300);
  assert.equal(long.at(-1), 5);
  assert(long.slice(0, -1).every((value) => value === null));
});

const overview = (now: number, drops: Record<string, number>): Overview => ({
  state: "serving",
  full: false,
  misconfigured: [],
  build: "b",
  startedAt: 0,
  now,
  uptimeS: 1,
  tlsFingerprint: "",
  sessions: 1,
  rooms: 1,
  calls: 0,
  links: 0,
  rates: { packetsIn: 1, packetsOut: 2, bytesIn: 3, bytesOut: 4 },
  drops,
  eventLoopDelayMs: { p50: null, p99: 1 },
  cpuPct: null,
  rssBytes: 5,
  activeTaps: [],
});

Deno.test("drops are shown a second, and none when a counter began again", () => {
  const figures = (drops: Record<string, number>) =>
    figuresOf(overview(4_000, drops), overview(2_000, { closed: 10 }))["drops:closed"];
  assert.equal(figures({ closed: 16 }), 3);
  assert.equal(figures({ closed: 2 }), 0);
  assert.equal(figuresOf(overview(1, { closed: 2 }), null)["drops:closed"], null);
});

Deno.test("all drops together are the sum of what is known, newest with newest", () => {
  const series = { "drops:a": [1, 2, null], "drops:b": [5, null], sessions: [9, 9, 9] };
  assert.deepEqual(allDrops({ stepS: 2, endsAt: 0, series }), [1, 7, null]);
});

Deno.test("the top of a scale is round and not below", () => {
  assert.deepEqual([0, 0.3, 1, 7, 11, 24, 26, 99, 101].map(ceiling), [
    1,
    0.5,
    1,
    10,
    20,
    25,
    50,
    100,
    200,
  ]);
  fc.assert(fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (value) => {
    assert(ceiling(value) >= value * 0.999 && ceiling(value) <= value * 2.6);
  }));
});

Deno.test("a chart's line is broken where values are missing and ends at the right edge", () => {
  const { line, area } = chartShape([0, 10, null, 5], { width: 100, height: 50 }, 10, 5);
  assert.equal(line, "M25 50L50 0M100 25");
  assert.equal(area, "M25 50L50 0L50 50L25 50ZM100 25L100 50L100 50Z");
  assert.deepEqual(extentOf([null, 3, 1, null]), { min: 1, max: 3, last: 1 });
  assert.equal(extentOf([null]), null);
});
