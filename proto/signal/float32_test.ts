import assert from "node:assert/strict";
import fc from "fast-check";
import { shortestFloat32 } from "./float32.ts";

Deno.test("known ratios keep their digits, exact or rounded to single precision", () => {
  for (const value of [0.1, 0.2, 0.3, 0.5, 1, 0.7, 12.34, 16777216, 3.4028235e38, 1e-45]) {
    assert.equal(shortestFloat32(value), value);
    assert.equal(shortestFloat32(Math.fround(value)), value);
  }
});

Deno.test("what single precision cannot hold is infinite, and zero has no sign", () => {
  assert.equal(shortestFloat32(1e39), Infinity);
  assert.equal(shortestFloat32(-1e39), -Infinity);
  assert.ok(Number.isNaN(shortestFloat32(NaN)));
  assert.ok(Object.is(shortestFloat32(-0), 0));
  assert.ok(Object.is(shortestFloat32(-1e-60), 0));
});

Deno.test("the result names the same single-precision value in at most nine digits", () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const shortest = shortestFloat32(value);
      assert.equal(Math.fround(shortest), value + 0);
      assert.equal(shortestFloat32(shortest), shortest);
      assert.equal(Number(shortest.toPrecision(9)), shortest);
    }),
    { numRuns: 5000 },
  );
});
