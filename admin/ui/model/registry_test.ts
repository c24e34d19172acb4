import assert from "node:assert/strict";
import { byCount, loadPct, missedBeats, regionsOf, standingOf, total } from "./registry.ts";

const relay = { draining: false, takesClients: true, ageMs: 1_000 };

Deno.test("a relay drains, is full, is late or takes clients, in this order", () => {
  assert.equal(standingOf(relay), "open");
  assert.equal(standingOf({ ...relay, ageMs: 35_000 }), "late");
  assert.equal(standingOf({ ...relay, takesClients: false, ageMs: 80_000 }), "full");
  assert.equal(standingOf({ draining: true, takesClients: false, ageMs: 80_000 }), "draining");
});

Deno.test("a beat counts as missed when it is more than a little late", () => {
  assert.deepEqual([0, 34_999, 35_000, 64_999, 65_000, 90_000].map(missedBeats), [
    0,
    0,
    1,
    1,
    2,
    2,
  ]);
});

Deno.test("load is a share of what a relay takes, and no more than all of it", () => {
  assert.equal(loadPct({ load: 120, capacity: 1_000 }), 12);
  assert.equal(loadPct({ load: 1_200, capacity: 1_000 }), 100);
  assert.equal(loadPct({ load: 0, capacity: 0 }), 100);
});

Deno.test("regions and reasons come with the largest first, and what did not happen not at all", () => {
  assert.deepEqual(regionsOf({ relaysByRegion: { b: 2, a: 2, c: 9, "": 1 } }), [
    ["c", 9],
    ["a", 2],
    ["b", 2],
    ["", 1],
  ]);
  assert.deepEqual(byCount({ stale: 0, full: 3 }), [["full", 3]]);
  assert.equal(total({ stale: 2, full: 3 }), 5);
});
