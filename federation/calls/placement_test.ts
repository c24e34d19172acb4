import assert from "node:assert/strict";
import fc from "fast-check";
import type { RelayRtts } from "../../proto/relay_rtts.ts";
import { meetingPlace, type PlacementQuestion } from "./placement.ts";

const [A, B, T, U] = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"] as const;
const rtts = (of: Record<string, number>): RelayRtts => new Map(Object.entries(of));
const place = (
  caller: Record<string, number>,
  callee: Record<string, number>,
  change: Partial<PlacementQuestion> = {},
) =>
  meetingPlace({
    caller: rtts(caller),
    callee: rtts(callee),
    callersRelay: A,
    calleesRelay: B,
    usable: [A, B, T],
    betweenMs: null,
    ...change,
  });

Deno.test("both meet where the sum of their round trips is the lowest", () => {
  assert.equal(place({ [A]: 10, [B]: 50, [T]: 20 }, { [A]: 60, [B]: 10, [T]: 20 }), T);
  assert.equal(place({ [A]: 10, [B]: 50 }, { [A]: 30, [B]: 20 }), A);
  assert.equal(place({ [A]: 40, [B]: 20 }, { [A]: 50, [B]: 10 }), B);
  assert.equal(place({ [A]: 40, [B]: 20 }, { [A]: 50, [B]: 10 }, { usable: [A] }), null);
});

Deno.test("a tie, or a gain under five milliseconds, keeps the usual rule", () => {
  assert.equal(place({ [A]: 10, [B]: 30 }, { [A]: 30, [B]: 10 }), null);
  assert.equal(place({ [A]: 10, [B]: 30, [T]: 18 }, { [A]: 30, [B]: 10, [T]: 18 }), null);
  assert.equal(place({ [A]: 10, [B]: 30, [T]: 17 }, { [A]: 30, [B]: 10, [T]: 18 }), T);
  // One's own relay is near and the relays are near to each other.
  assert.equal(place({ [A]: 10, [B]: 12 }, { [A]: 13, [B]: 10 }), null);
});

Deno.test("what the mesh has measured between the relays counts where it is more than the clients' figures imply", () => {
  const near = [{ [A]: 10, [B]: 12 }, { [A]: 12, [B]: 10 }] as const;
  assert.equal(place(...near, { betweenMs: 6 }), null);
  assert.equal(place(...near, { betweenMs: 7 }), B, "of equal ones that of the callee");
});

Deno.test("a relay that one side has not measured is never chosen", () => {
  assert.equal(place({ [T]: 1 }, { [A]: 60, [B]: 10 }), null);
  assert.equal(place({}, {}), null);
  assert.equal(place({ [U]: 1 }, { [U]: 1 }), null, "nobody could use it");
  // Without figures for the usual rule there is nothing to compare with.
  assert.equal(place({ [T]: 100 }, { [T]: 100 }), T);
});

const figures = fc.dictionary(
  fc.constantFrom(A, B, T, U, "10.0.0.5:1"),
  fc.integer({ min: 0, max: 400 }),
  { noNullPrototype: true },
);

Deno.test("whatever was measured, the choice is the same in every order, known to both, and worth its while", () => {
  const question = fc.record({
    caller: figures,
    callee: figures,
    usable: fc.shuffledSubarray([A, B, T, U]),
    betweenMs: fc.option(fc.integer({ min: 0, max: 500 }), { nil: null }),
  });
  fc.assert(
    fc.property(question, ({ caller, callee, usable, betweenMs }) => {
      const asked = { betweenMs, usable };
      const chosen = place(caller, callee, asked);
      assert.equal(place(caller, callee, { ...asked, usable: usable.toReversed() }), chosen);
      const entries = (of: Record<string, number>) =>
        Object.fromEntries(Object.entries(of).reverse());
      assert.equal(place(entries(caller), entries(callee), asked), chosen);
      if (chosen === null) return;
      assert.ok(usable.some((address) => address === chosen));
      const sum = (address: string) => (caller[address] ?? NaN) + (callee[address] ?? NaN);
      assert.ok(!Number.isNaN(sum(chosen)), "both have measured it");
      for (const other of usable) assert.ok(!(sum(other) < sum(chosen)));
      if ([caller[A], caller[B], callee[A], callee[B]].includes(undefined)) return;
      const apart = [caller, callee].map((of) => Math.abs(of[A]! - of[B]!));
      const usual = caller[A]! + Math.max(betweenMs ?? 0, ...apart) + callee[B]!;
      assert.ok(usual - sum(chosen) >= 5);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("with the roles of the two swapped the same relay is chosen, but for ties between their own", () => {
  fc.assert(
    fc.property(figures, figures, (caller, callee) => {
      const one = place(caller, callee);
      const other = place(callee, caller, { callersRelay: B, calleesRelay: A });
      const sum = (address: string) => (caller[address] ?? NaN) + (callee[address] ?? NaN);
      if (one === null || other === null) assert.equal(one, other);
      else assert.equal(sum(one), sum(other));
    }),
  );
});
