import assert from "node:assert/strict";
import fc from "fast-check";
import { BEST_R, type PathFigures, rFactor, score, throughRelay } from "./e_model.ts";

const path = (latencyMs: number, jitterMs: number, lossPct: number): PathFigures => {
  return { latencyMs, jitterMs, lossPct };
};

/**
 * By hand. 26.5 ms of every path are frame and look-ahead, so 173.5 ms make Ta = 200 ms and X = 1:
 * 25 * (2^(1/6) - 3 * (1 + 1/729)^(1/6) + 2) = 25 * (1.122462 - 3.000685 + 2) = 3.0444.
 * 373.5 ms make Ta = 400 ms and X = 2: 25 * (65^(1/6) - 3 * (1 + 64/729)^(1/6) + 2) =
 * 25 * (2.005174 - 3.042371 + 2) = 24.0701. Loss of 5 % costs 95 * 5 / 25 = 19, of 20 % 95 * 20 / 40 = 47.5.
 */
const ANCHORS: readonly [string, PathFigures, number][] = [
  ["a perfect path", path(0, 0, 0), 93.2],
  ["200 ms from mouth to ear", path(173.5, 0, 0), 93.2 - 3.0444],
  ["400 ms from mouth to ear", path(373.5, 0, 0), 93.2 - 24.0701],
  ["5 % of loss", path(50, 5, 5), 93.2 - 19],
  ["20 % of loss and 200 ms, of which jitter makes 73.5", path(100, 36.75, 20), 93.2 - 50.5444],
];

for (const [name, figures, r] of ANCHORS) {
  Deno.test(`${name}: R is ${r.toFixed(2)}, the score ${(100 * r / BEST_R).toFixed(1)}`, () => {
    assert.ok(Math.abs(rFactor(figures) - r) < 0.001, `${rFactor(figures)}`);
    assert.ok(Math.abs(score(figures) - 100 * r / 93.2) < 0.001);
  });
}

const anyPath = fc.record({
  latencyMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
  jitterMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
  lossPct: fc.double({ min: 0, max: 100, noNaN: true }),
});

Deno.test("more of anything never makes the score better, and it stays within 0 and 100", () => {
  const argument = fc.constantFrom("latencyMs" as const, "jitterMs" as const, "lossPct" as const);
  const more = fc.double({ min: 0, max: 1_000, noNaN: true });
  fc.assert(
    fc.property(anyPath, argument, more, (figures, name, extra) => {
      const better = score(figures);
      const worse = score({ ...figures, [name]: figures[name] + extra });
      assert.ok(worse <= better + 1e-9, `${better} became ${worse}`);
      assert.ok(better >= 0 && better <= 100 && worse >= 0);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("more loss, and more delay above 100 ms, always cost something while anything is left", () => {
  fc.assert(fc.property(anyPath, (figures) => {
    if (score(figures) === 0) return;
    assert.ok(
      score({ ...figures, lossPct: figures.lossPct + 1 }) < score(figures) || figures.lossPct > 99,
    );
    const late = { ...figures, latencyMs: figures.latencyMs + 100 };
    assert.ok(
      score({ ...late, latencyMs: late.latencyMs + 20 }) < score(late) || score(late) === 0,
    );
  }));
});

Deno.test("what was not measured or is beyond measure yields a number all the same", () => {
  assert.equal(rFactor(path(NaN, NaN, NaN)), BEST_R);
  assert.equal(rFactor(path(Infinity, 0, 0)), 0);
  assert.equal(rFactor(path(-5, -5, -5)), BEST_R);
  assert.ok(Math.abs(rFactor(path(0, 0, 1_000)) - (BEST_R - 95 * 100 / 120)) < 1e-9);
});

Deno.test("through a relay the other side counts as far from it as we are", () => {
  const figures = throughRelay({ rttMs: 40, jitterMs: 2, lossPercent: 1 });
  assert.deepEqual(figures, path(40, 2, 1));
});
