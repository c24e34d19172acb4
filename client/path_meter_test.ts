import assert from "node:assert/strict";
import { PathMeter } from "./path_meter.ts";

Deno.test("loss is that of the last ten seconds, the round trip the newest", () => {
  const meter = new PathMeter();
  assert.equal(meter.quality(), null);
  meter.add({ rttMs: 5, lost: 50, sent: 100 });
  assert.deepEqual(meter.quality(), { lossPercent: 0, rttMs: 5, jitterMs: 0 });
  meter.add({ rttMs: 6, lost: 51, sent: 110 });
  assert.equal(meter.quality()!.lossPercent, 10);
  for (let i = 1; i <= 20; i++) meter.add({ rttMs: 7, lost: 51, sent: 110 + i });
  assert.deepEqual(meter.quality(), { lossPercent: 0, rttMs: 7, jitterMs: 0 });
});

Deno.test("loss that shows late is at most everything", () => {
  const meter = new PathMeter();
  meter.add({ rttMs: 5, lost: 0, sent: 100 });
  meter.add({ rttMs: 5, lost: 30, sent: 110 });
  assert.equal(meter.quality()!.lossPercent, 100);
});
