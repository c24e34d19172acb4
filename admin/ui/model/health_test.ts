import assert from "node:assert/strict";
import { healthOf } from "./health.ts";

Deno.test("a path is as good as the worse of its round trip and its loss", () => {
  const health = (rttMs: number | null, lossPct: number | null) => healthOf({ rttMs, lossPct });
  assert.equal(health(null, null), "unknown");
  assert.equal(health(40, 0), "good");
  assert.equal(health(40, null), "good");
  assert.equal(health(150, 0), "fair");
  assert.equal(health(20, 1), "fair");
  assert.equal(health(300, 0), "poor");
  assert.equal(health(null, 5), "poor");
});
