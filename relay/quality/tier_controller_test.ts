import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CATASTROPHIC,
  DEGRADED,
  GOOD,
  STUDIO_32K,
  STUDIO_48K,
  STUDIO_64K,
  type Tier,
} from "./tier.ts";
import { TierController } from "./tier_controller.ts";

type Step = readonly [tier: Tier, seconds: number];

/** The tier after each report; `seconds` pass before it. */
function play(controller: TierController, steps: readonly Step[], start = 0): Tier[] {
  let now = start;
  return steps.map(([tier, seconds]) => {
    now += seconds * 1000;
    controller.report(tier, now);
    return controller.tier;
  });
}

function times(count: number, tier: Tier, seconds = 1): Step[] {
  return Array.from({ length: count }, () => [tier, seconds]);
}

/** A controller brought to a tier at second 0 by as few reports as that takes. */
function controllerAt(tier: Tier): TierController {
  const controller = new TierController();
  const needed = tier < GOOD ? 3 : (tier - GOOD) * 10;
  play(controller, times(needed, tier, 0));
  assert.equal(controller.tier, tier);
  return controller;
}

Deno.test("a participant starts as good", () => {
  assert.equal(new TierController().tier, GOOD);
});

Deno.test("the third worse report in a row makes the tier the one it reports", () => {
  const table: [Step[], Tier][] = [
    [times(2, CATASTROPHIC), GOOD],
    [times(3, CATASTROPHIC), CATASTROPHIC],
    [times(3, DEGRADED), DEGRADED],
    [[...times(2, DEGRADED), [CATASTROPHIC, 1]], CATASTROPHIC],
    [[...times(2, CATASTROPHIC), [DEGRADED, 1]], DEGRADED],
    [[...times(2, CATASTROPHIC), [GOOD, 1], ...times(2, CATASTROPHIC)], GOOD],
    [[...times(2, CATASTROPHIC), [STUDIO_64K, 1], ...times(2, CATASTROPHIC)], GOOD],
    [times(5, CATASTROPHIC), CATASTROPHIC],
  ];
  for (const [steps, tier] of table) {
    assert.equal(play(new TierController(), steps).at(-1), tier, JSON.stringify(steps));
  }
});

Deno.test("below good the fifth better report in a row raises the tier one step, from good on the tenth", () => {
  const table: [from: Tier, steps: Step[], to: Tier][] = [
    [CATASTROPHIC, times(4, STUDIO_64K), CATASTROPHIC],
    [CATASTROPHIC, times(5, STUDIO_64K), DEGRADED],
    [CATASTROPHIC, times(9, STUDIO_64K), DEGRADED],
    [CATASTROPHIC, times(10, STUDIO_64K), GOOD],
    [DEGRADED, times(5, GOOD), GOOD],
    [GOOD, times(9, STUDIO_64K), GOOD],
    [GOOD, times(10, STUDIO_64K), STUDIO_32K],
    [STUDIO_32K, times(10, STUDIO_64K), STUDIO_48K],
    [STUDIO_48K, times(10, STUDIO_64K), STUDIO_64K],
    [STUDIO_64K, times(20, STUDIO_64K), STUDIO_64K],
    [DEGRADED, [...times(4, GOOD), [DEGRADED, 1], ...times(4, GOOD)], DEGRADED],
    [DEGRADED, [...times(4, GOOD), [CATASTROPHIC, 1], ...times(4, GOOD)], DEGRADED],
  ];
  for (const [from, steps, to] of table) {
    assert.equal(play(controllerAt(from), steps).at(-1), to, `${from} ${JSON.stringify(steps)}`);
  }
});

/** Stability without a rise: every tenth better report would be one too many. */
const STABLE = times(31, GOOD);

Deno.test("after 30 s without a report below the tier the next one is tried, and the tier stays", () => {
  const controller = new TierController();
  play(controller, STABLE.slice(0, 30));
  assert.equal(controller.probing, false);
  controller.report(GOOD, 31_000);
  assert.equal(controller.probing, true);
  assert.equal(controller.tier, GOOD);
});

Deno.test("a tried tier that holds for 5 s becomes the tier, one poor report forgiven", () => {
  const table: Step[][] = [
    times(5, STUDIO_32K),
    times(5, STUDIO_64K),
    [[GOOD, 1], ...times(4, STUDIO_32K)],
    [...times(4, STUDIO_32K), [GOOD, 1]],
    [[STUDIO_32K, 5]],
    [[CATASTROPHIC, 1], ...times(4, STUDIO_32K)],
  ];
  for (const steps of table) {
    const controller = new TierController();
    const tiers = play(controller, [...STABLE, ...steps]);
    assert.equal(tiers.at(-2), GOOD);
    assert.equal(tiers.at(-1), STUDIO_32K, JSON.stringify(steps));
    assert.equal(controller.probing, false);
  }
});

Deno.test("a second report below the tried tier ends the try, even when its 5 s are over", () => {
  for (const steps of [times(2, GOOD), [[GOOD, 1], [GOOD, 6]]] satisfies Step[][]) {
    const controller = new TierController();
    play(controller, [...STABLE, ...steps]);
    assert.equal(controller.tier, GOOD);
    assert.equal(controller.probing, false);
  }
});

Deno.test("after a try that failed come 60 s of rest and 30 s of stability before the next", () => {
  const controller = new TierController();
  play(controller, [...STABLE, ...times(2, GOOD)]);
  for (let now = 34_000; now < 33_000 + 90_000; now += 1000) {
    controller.report(GOOD, now);
    assert.equal(controller.probing, false, `${now}`);
  }
  controller.report(GOOD, 33_000 + 90_000);
  assert.equal(controller.probing, true);
});

Deno.test("a report below the tier clears stability and also the rest after a failed try", () => {
  const unstable = new TierController();
  play(unstable, [...STABLE.slice(0, 30), [DEGRADED, 1], ...times(30, GOOD)]);
  assert.equal(unstable.probing, false);
  unstable.report(GOOD, 62_000);
  assert.equal(unstable.probing, true);

  const resting = new TierController();
  play(resting, [...STABLE, ...times(2, GOOD), [DEGRADED, 1], ...times(30, GOOD)]);
  assert.equal(resting.probing, false);
  resting.report(GOOD, 65_000);
  assert.equal(resting.probing, true);
});

Deno.test("any change of the tier ends a try and clears stability", () => {
  const fallen = new TierController();
  const now = play(fallen, [...STABLE, ...times(2, DEGRADED)]).length * 1000;
  // The second poor report ended the try, the third takes the tier down and with it the 60 s of rest.
  fallen.report(DEGRADED, now + 1000);
  assert.equal(fallen.tier, DEGRADED);
  play(fallen, times(30, DEGRADED), now + 1000);
  assert.equal(fallen.probing, false);
  fallen.report(DEGRADED, now + 32_000);
  assert.equal(fallen.probing, true);

  const risen = new TierController();
  play(risen, [...STABLE, [STUDIO_64K, 0.1]]);
  assert.equal(risen.probing, true);
  play(risen, times(9, STUDIO_64K, 0.1), 31_100);
  assert.equal(risen.tier, STUDIO_32K);
  assert.equal(risen.probing, false);
});

Deno.test("the best tier is never followed by a try", () => {
  const controller = controllerAt(STUDIO_64K);
  play(controller, times(100, STUDIO_64K));
  assert.equal(controller.probing, false);
});

const tier = fc.integer({ min: 0, max: 5 }) as fc.Arbitrary<Tier>;
/** Mostly steady paths, since random ones never stay stable for 30 s. */
const steps = fc.array(
  fc.tuple(tier, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 40 })),
  { maxLength: 30 },
).map((runs) => runs.flatMap(([tier, seconds, count]) => times(count, tier, seconds)));

Deno.test("the tier never rises more than one step and only falls to a tier just reported", () => {
  fc.assert(fc.property(steps, (steps) => {
    const controller = new TierController();
    let now = 0;
    for (const [reported, seconds] of steps) {
      const before = controller.tier;
      now += seconds * 1000;
      const changed = controller.report(reported, now);
      assert.equal(changed, controller.tier !== before);
      if (controller.tier > before) assert.equal(controller.tier, before + 1);
      if (controller.tier < before) assert.equal(controller.tier, reported);
    }
  }));
});

Deno.test("reports that swing around the tier too fast for the counters never change it", () => {
  const swing = fc.record({
    start: tier.filter((tier) => tier > 0),
    worse: fc.integer({ min: 1, max: 2 }),
    better: fc.integer({ min: 0, max: 4 }),
    worseTier: tier,
    betterTier: tier,
    seconds: fc.constantFrom(0, 0.02, 1, 2),
  });
  fc.assert(fc.property(swing, ({ start, worse, better, worseTier, betterTier, seconds }) => {
    const controller = controllerAt(start);
    const down = Math.min(worseTier, start - 1) as Tier;
    const up = Math.max(betterTier, start) as Tier;
    const round = [...times(worse, down, seconds), ...times(better, up, seconds), [start, seconds]];
    const steps = Array.from({ length: 50 }, () => round as Step[]).flat();
    assert(play(controller, steps).every((tier) => tier === start));
  }));
});

/** The same rules said differently: from all reports since the last change, with each phase by its name. */
function modelTiers(steps: readonly Step[]): Tier[] {
  let current: Tier = GOOD;
  let since: { tier: Tier; at: number }[] = [];
  let now = 0;
  return steps.map(([reported, seconds]) => {
    now += seconds * 1000;
    since.push({ tier: reported, at: now });
    const next = modelNext(current, since);
    if (next !== current) since = [];
    return current = next;
  });
}

function modelNext(current: Tier, since: readonly { tier: Tier; at: number }[]): Tier {
  const last = (count: number) => since.length >= count ? since.slice(-count) : null;
  if (last(3)?.every(({ tier }) => tier < current)) return since.at(-1)!.tier;
  if (last(current < GOOD ? 5 : 10)?.every(({ tier }) => tier > current)) {
    return Math.min(5, current + 1) as Tier;
  }
  let phase: "unstable" | "stable" | "resting" | "trying" = "unstable";
  let until = 0;
  let poor = 0;
  for (const { tier, at } of since) {
    if (phase === "trying") {
      if (tier <= current) poor += 1;
      if (poor === 2) [phase, until] = ["resting", at + 60_000];
      else if (at >= until) return current + 1 as Tier;
      continue;
    }
    if (tier < current) phase = "unstable";
    else if (phase === "unstable") [phase, until] = ["stable", at + 30_000];
    else if (phase === "resting" && at >= until) [phase, until] = ["stable", until + 30_000];
    if (phase === "stable" && at >= until && current < 5) {
      [phase, until, poor] = ["trying", at + 5_000, 0];
    }
  }
  return current;
}

Deno.test("the controller agrees with a model that looks at all reports since the last change", () => {
  let tries = 0;
  fc.assert(
    fc.property(steps, (steps) => {
      const controller = new TierController();
      let now = 0;
      const tiers = steps.map(([tier, seconds]) => {
        controller.report(tier, now += seconds * 1000);
        if (controller.probing) tries += 1;
        return controller.tier;
      });
      assert.deepEqual(tiers, modelTiers(steps));
    }),
    { numRuns: 500 },
  );
  assert(tries > 100);
});
