import assert from "node:assert/strict";
import fc from "fast-check";
import { qualityReportOf, readQualityReport, writeQualityReport } from "./quality_report.ts";

const byte = fc.integer({ min: 0, max: 255 });

Deno.test("10 % loss, 100 ms and 20 ms of jitter are the four bytes of the protocol", () => {
  const bytes = new Uint8Array(4);
  writeQualityReport(bytes, 0, qualityReportOf({ lossPercent: 10, rttMs: 100, jitterMs: 20 }));
  assert.deepEqual([...bytes], [0x19, 0x19, 0x14, 0xc8]);
});

Deno.test("figures are truncated, never rounded", () => {
  const report = qualityReportOf({ lossPercent: 0.78, rttMs: 7.99, jitterMs: 4.9 });
  assert.deepEqual(report, { loss_pct: 1, rtt_4ms: 1, jitter_ms: 4, bitrate_cap_kbps: 200 });
});

Deno.test("figures out of range are clamped to a byte", () => {
  assert.deepEqual(
    qualityReportOf({ lossPercent: 101, rttMs: 5000, jitterMs: Infinity }, 1000),
    { loss_pct: 255, rtt_4ms: 255, jitter_ms: 255, bitrate_cap_kbps: 255 },
  );
  assert.deepEqual(
    qualityReportOf({ lossPercent: -1, rttMs: NaN, jitterMs: -0.5 }, 0),
    { loss_pct: 0, rtt_4ms: 0, jitter_ms: 0, bitrate_cap_kbps: 0 },
  );
});

Deno.test("1020 ms is the longest round trip a report can tell", () => {
  assert.equal(qualityReportOf({ lossPercent: 0, rttMs: 1019, jitterMs: 0 }).rtt_4ms, 254);
  assert.equal(qualityReportOf({ lossPercent: 0, rttMs: 1020, jitterMs: 0 }).rtt_4ms, 255);
  assert.equal(qualityReportOf({ lossPercent: 0, rttMs: 1025, jitterMs: 0 }).rtt_4ms, 255);
});

Deno.test("a report read is the report written", () => {
  fc.assert(fc.property(
    fc.record({ loss_pct: byte, rtt_4ms: byte, jitter_ms: byte, bitrate_cap_kbps: byte }, {
      noNullPrototype: true,
    }),
    (report) => {
      const bytes = new Uint8Array(7);
      writeQualityReport(bytes, 3, report);
      assert.deepEqual(readQualityReport(bytes, 3), report);
      assert.deepEqual([...bytes.subarray(0, 3)], [0, 0, 0]);
    },
  ));
});
