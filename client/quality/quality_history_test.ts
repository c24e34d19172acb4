import assert from "node:assert/strict";
import fc from "fast-check";
import { score } from "./e_model.ts";
import { QualityHistory } from "./quality_history.ts";

const figures = (lossPct: number) => ({ latencyMs: 20, jitterMs: 1, lossPct });

function fed(losses: readonly number[]): QualityHistory {
  const history = new QualityHistory();
  for (const [i, loss] of losses.entries()) history.add(i * 1_000, figures(loss));
  return history;
}

const times = (n: number, loss: number) => new Array<number>(n).fill(loss);

Deno.test("without samples there is no score, and nothing moves", () => {
  const history = new QualityHistory();
  assert.equal(history.score, null);
  assert.equal(history.trend, "stable");
  assert.equal(history.minutes.length, 0);
});

Deno.test("the score is the mean of the last ten seconds", () => {
  const history = fed([...times(20, 50), ...times(5, 0), ...times(5, 10)]);
  const expected = (score(figures(0)) + score(figures(10))) / 2;
  assert.ok(Math.abs(history.score! - expected) < 1e-9);
});

Deno.test("the trend falls with loss, rises when it goes, and is stable in between", () => {
  assert.equal(fed(times(40, 1)).trend, "stable");
  assert.equal(fed([...times(30, 0), ...times(10, 5)]).trend, "falling");
  assert.equal(fed([...times(30, 5), ...times(10, 0)]).trend, "rising");
  assert.equal(fed([...times(30, 5), ...times(60, 0)]).trend, "stable");
  assert.equal(fed([...times(4, 0), ...times(10, 20)]).trend, "stable", "too little came before");
});

Deno.test("minutes hold the means of their samples, and the one that lasts is not among them", () => {
  const history = new QualityHistory();
  history.add(1_000, figures(0));
  history.add(59_999, figures(10));
  assert.equal(history.minutes.length, 0);
  history.add(60_000, figures(20));
  assert.deepEqual(
    history.minutes.map(({ at, samples, lossPct, latencyMs }) => [at, samples, lossPct, latencyMs]),
    [[0, 2, 5, 20]],
  );
  history.add(200_000, figures(0));
  assert.deepEqual(history.minutes.map(({ at, lossPct }) => [at, lossPct]), [[0, 5], [60_000, 20]]);
});

Deno.test("days of samples take no more room than hours", () => {
  const history = new QualityHistory();
  for (let minute = 0; minute < 1_000; minute++) history.add(minute * 60_000, figures(0));
  assert.equal(history.minutes.length, 120);
  assert.equal(history.minutes.at(-1)!.at, 998 * 60_000);
});

Deno.test("whatever comes, scores stay between 0 and 100", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100_000), fc.nat(100)), { maxLength: 80 }), (steps) => {
      const history = new QualityHistory();
      let now = 0;
      for (const [wait, loss] of steps) history.add(now += wait, figures(loss));
      const all = [...history.minutes.map(({ score }) => score), history.score ?? 0];
      assert.ok(all.every((value) => value >= 0 && value <= 100));
    }),
  );
});
