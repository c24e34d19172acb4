import assert from "node:assert/strict";
import { TransitTimes } from "./transit_times.ts";

Deno.test("times are of packets that left here and came once", () => {
  const times = new TransitTimes();
  assert.equal(times.summary(), null);
  for (const [seq, took] of [[0, 5], [1, 1], [2, 3]] as const) {
    times.left(seq, seq * 20);
    times.arrived(seq, seq * 20 + took);
    times.arrived(seq, seq * 20 + 100);
  }
  times.left(3, 60);
  times.arrived(77, 60);
  assert.equal(times.count, 3);
  assert.deepEqual(times.summary(), { min: 1, median: 3, max: 5 });
});
