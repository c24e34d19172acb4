/** Links that come and go: a few times always, for ten minutes in the long form of the tests. */
import assert from "node:assert/strict";
import { Flapping, growth, MAX_GROWTH_KB } from "./flapping.ts";
import { watched } from "./mesh_test_case.ts";

const SOAK = Deno.env.get("RELAY_TEST_SOAK") === "1";
const SOAK_MS = 600_000;
const ROUNDS = 2;

Deno.test("whichever way links are lost and made again, everybody is back and heard each time", async () => {
  await using flapping = await Flapping.start();
  await watched(flapping.mesh, async () => {
    const end = performance.now() + (SOAK ? SOAK_MS : 0);
    while (flapping.samples.length < ROUNDS || performance.now() < end) await flapping.round();
  });
  // A few rounds say nothing of memory.
  if (SOAK) assert.ok(growth(flapping.samples) < MAX_GROWTH_KB, JSON.stringify(flapping.samples));
});

Deno.test("growth is what the last samples have more than those of the second quarter", () => {
  const sample = (residentKb: number) => ({ seconds: 0, flaps: 0, residentKb });
  const grows = [50, 60, 100, 100, 100, 104, 110, 112].map(sample);
  assert.equal(growth(grows), 11);
  assert.equal(growth([50, 90, 90, 90].map(sample)), 0);
});
