import assert from "node:assert/strict";
import fc from "fast-check";
import { LatencyWindow, medianOf } from "./latency_window.ts";
import type { Candidate } from "./relay_choice.ts";
import { REST_MS, SHUN_MS, SteadyChoice } from "./steady_choice.ts";

const ANY = { preferred: null, region: null };

function relay(addr: string, rttMs: number | null, more: Partial<Candidate> = {}): Candidate {
  const alive = { reachable: rttMs !== null, heardAt: null, takesClients: true };
  return { addr, name: addr, region: null, rttMs, ...alive, ...more };
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Times of the moves of a client that probes relays at these distances, which may change, for an hour. */
function anHour(
  distances: readonly number[],
  random: () => number,
  at: (i: number, now: number) => number = (i) => distances[i]!,
): number[] {
  const windows = distances.map(() => new LatencyWindow());
  const choice = new SteadyChoice(ANY);
  const moves: number[] = [];
  for (let now = 0; now < 3_600_000; now += 2_000) {
    for (const [i, window] of windows.entries()) {
      const probes = [0, 1, 2].map(() => at(i, now) * (1 + 0.3 * (2 * random() - 1)));
      for (const probe of probes) window.add(probe);
    }
    const candidates = windows.map((window, i) => relay(`r${i}`, window.median()));
    if (choice.current === null) {
      choice.hold(choice.first(candidates, now)!.addr, now);
      continue;
    }
    const better = choice.better(candidates, now);
    if (better === null) continue;
    choice.hold(better.addr, now);
    moves.push(now);
  }
  return moves;
}

Deno.test("jitter of 30 % for an hour never makes it go back and forth", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 6 }),
      fc.nat(),
      (distances, seed) => {
        const moves = anHour(distances, seeded(seed));
        for (let i = 1; i < moves.length; i++) assert.ok(moves[i]! - moves[i - 1]! >= REST_MS);
        assert.ok(moves.length <= 2, `${moves.length} moves`);
      },
    ),
    { seed: 6, numRuns: 30 },
  );
});

Deno.test("when distances change for good it moves once, within ten seconds of probes every two", () => {
  const changed = 1_000_000;
  const at = (i: number, now: number) => (i === 0) === (now < changed) ? 20 : 80;
  const moves = anHour([20, 80], seeded(1), at);
  assert.equal(moves.length, 1);
  assert.ok(moves[0]! >= changed && moves[0]! <= changed + 10_000, `${moves[0]! - changed} ms`);
});

Deno.test("the first relay is no move, a second move waits for a minute, and nobody waits with a dead relay", () => {
  const choice = new SteadyChoice(ANY);
  choice.hold("a", 0);
  assert.equal(choice.better([relay("a", 90), relay("b", 20)], 1)!.addr, "b");
  choice.hold("b", 1);
  const worse = [relay("a", 20), relay("b", 90)];
  assert.equal(choice.better(worse, REST_MS), null);
  assert.equal(choice.better(worse, REST_MS + 1)!.addr, "a");
  assert.equal(choice.better([relay("a", 20), relay("b", null)], 2)!.addr, "a");
  const drains = [relay("a", 90), relay("b", 20, { takesClients: false })];
  assert.equal(choice.better(drains, 2)!.addr, "a");
});

Deno.test("a relay that serves badly is left for a worse one, and gone back to only after a while", () => {
  const choice = new SteadyChoice(ANY);
  const all = [relay("a", 20), relay("b", 60)];
  choice.hold("a", 0);
  assert.equal(choice.better(all, 10), null);
  choice.shun("a", 10);
  assert.equal(choice.better(all, 10)!.addr, "b");
  choice.hold("b", 10);
  assert.equal(choice.better(all, SHUN_MS), null);
  assert.equal(choice.better(all, SHUN_MS + 10)!.addr, "a");
  assert.equal(choice.first(all, SHUN_MS)!.addr, "a");
});

Deno.test("with no other that lives a bad relay is better than none", () => {
  const choice = new SteadyChoice(ANY);
  choice.hold("a", 0);
  choice.shun("a", 0);
  assert.equal(choice.better([relay("a", 20), relay("b", null)], 1), null);
  assert.equal(choice.first([relay("b", null), relay("a", 20)], 1)!.addr, "a");
});

Deno.test("a median ignores one outlier in three, and a window believes what fills more than half of it", () => {
  assert.equal(medianOf([]), null);
  assert.equal(medianOf([7, 900, 8]), 8);
  assert.equal(medianOf([1, 2]), 1.5);
  const window = new LatencyWindow();
  assert.equal(window.median(), null);
  for (let i = 0; i < 9; i++) window.add(10);
  for (let i = 0; i < 4; i++) window.add(100);
  assert.equal(window.median(), 10);
  window.add(100);
  assert.equal(window.median(), 100);
  window.clear();
  assert.equal(window.median(), null);
});
