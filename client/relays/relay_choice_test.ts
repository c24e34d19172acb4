import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Candidate,
  type ChoiceOptions,
  chooseRelay,
  HEARD_MS,
  lives,
} from "./relay_choice.ts";

const ANY: ChoiceOptions = { preferred: null, region: null };

function relay(addr: string, rttMs: number | null, more: Partial<Candidate> = {}): Candidate {
  return {
    addr,
    name: addr.toUpperCase(),
    region: null,
    rttMs,
    reachable: rttMs !== null,
    heardAt: null,
    takesClients: true,
    ...more,
  };
}

const chosen = (
  current: string | null,
  candidates: Candidate[],
  options: Partial<ChoiceOptions> = {},
  now = 100_000,
) => chooseRelay(current, candidates, { ...ANY, ...options }, now)?.addr ?? null;

Deno.test("a newcomer takes the nearest", () => {
  assert.equal(chosen(null, [relay("a", 50), relay("b", 20), relay("c", 20)]), "b");
  assert.equal(chosen(null, []), null);
});

Deno.test("a move takes 10 ms of gain and a round trip of at most two thirds", () => {
  const from = (old: number, now: number) => chosen("a", [relay("a", old), relay("b", now)]);
  assert.equal(from(20, 10.1), "a");
  assert.equal(from(20, 10), "b");
  assert.equal(from(90, 61), "a");
  assert.equal(from(90, 60), "b");
  assert.equal(from(15, 4), "b");
  assert.equal(from(10, 40), "a");
});

Deno.test("a relay that was heard within 8 s is alive, and afterwards it is not", () => {
  const here = relay("a", 30, { reachable: false, heardAt: 1_000 });
  assert.equal(chosen("a", [here, relay("b", 25)], {}, 1_000 + HEARD_MS - 1), "a");
  assert.equal(chosen("a", [here, relay("b", 25)], {}, 1_000 + HEARD_MS), "b");
});

Deno.test("a relay heard but never measured is stayed with, and taken by newcomers only without a better one", () => {
  const heard = relay("a", null, { heardAt: 99_999 });
  assert.equal(chosen("a", [heard, relay("b", 5)]), "a");
  assert.equal(chosen(null, [heard, relay("b", 5)]), "b");
  assert.equal(chosen(null, [relay("b", null), heard]), "a");
});

Deno.test("with nothing measured the order of discovery holds", () => {
  const all = [relay("a", null, { takesClients: false }), relay("b", null), relay("c", null)];
  assert.equal(chosen(null, all), "b");
  assert.equal(chosen(null, all, { preferred: "C" }), "c");
});

Deno.test("what drains or is full is not chosen, and a present one that drains is left for any other that lives", () => {
  const full = relay("a", 1, { takesClients: false });
  assert.equal(chosen(null, [full, relay("b", 90)]), "b");
  assert.equal(chosen("a", [full, relay("b", 90)]), "b");
  assert.equal(chosen("a", [full, relay("b", null)]), "a");
  assert.equal(chosen(null, [full]), null);
});

Deno.test("the preferred one is taken by name or address while it lives", () => {
  const all = [relay("a", 5), relay("b", 80)];
  assert.equal(chosen("a", all, { preferred: "b" }), "b");
  assert.equal(chosen("a", all, { preferred: "B" }), "b");
  assert.equal(chosen("b", all, { preferred: "b" }), "b");
  assert.equal(chosen("b", [all[0]!, relay("b", null)], { preferred: "b" }), "a");
});

Deno.test("only relays of the pinned region count", () => {
  const all = [relay("a", 5, { region: "us" }), relay("b", 80, { region: "eu" }), relay("c", 3)];
  assert.equal(chosen(null, all, { region: "eu" }), "b");
  assert.equal(chosen("a", all, { region: "eu" }), "b");
  assert.equal(chosen("a", all, { region: "asia" }), null);
  assert.equal(chosen(null, all, { region: "eu", preferred: "c" }), "b");
});

Deno.test("the reason of a move names both round trips", () => {
  const move = chooseRelay("a", [relay("a", 40), relay("b", 12)], ANY, 0);
  assert.deepEqual(move, { addr: "b", reason: "nearer: 12 ms instead of 40 ms" });
});

const NAMES = ["a", "b", "c", "d", "e"];
const candidates = fc.uniqueArray(
  fc.record({
    addr: fc.constantFrom(...NAMES),
    name: fc.constantFrom("x", "y", "z"),
    region: fc.constantFrom(null, "eu", "us"),
    rttMs: fc.option(fc.double({ min: 0, max: 500, noNaN: true }), { nil: null }),
    reachable: fc.boolean(),
    heardAt: fc.option(fc.nat(20_000), { nil: null }),
    takesClients: fc.boolean(),
  }),
  { selector: ({ addr }) => addr, maxLength: 5 },
);
const anything = fc.record({
  current: fc.option(fc.constantFrom(...NAMES), { nil: null }),
  candidates,
  options: fc.record({
    preferred: fc.constantFrom(null, "x", "a"),
    region: fc.constantFrom(null, "eu"),
  }),
  now: fc.nat(20_000),
});

Deno.test("never a dead relay while one that lives takes clients, never one of another region, never an unknown one", () => {
  fc.assert(fc.property(anything, ({ current, candidates, options, now }) => {
    const choice = chooseRelay(current, candidates, options, now);
    const eligible = candidates.filter(({ region, takesClients }) =>
      takesClients && (options.region === null || region === options.region)
    );
    if (choice === null) return assert.equal(eligible.length, 0);
    const relay = candidates.find(({ addr }) => addr === choice.addr);
    assert.ok(relay !== undefined);
    assert.ok(options.region === null || relay.region === options.region);
    if (eligible.some((each) => lives(each, now))) {
      assert.ok(lives(relay, now));
      assert.ok(relay.takesClients);
    }
    assert.ok(relay.takesClients || relay.addr === current, "newcomers do not go where it is full");
  }));
});

Deno.test("choosing again after a move stays there", () => {
  fc.assert(fc.property(anything, ({ current, candidates, options, now }) => {
    const first = chooseRelay(current, candidates, options, now);
    if (first === null) return;
    assert.equal(chooseRelay(first.addr, candidates, options, now)?.addr, first.addr);
  }));
});

Deno.test("a wish that names no relay is said, one that names a dead relay is not doubted", () => {
  const all = [relay("a", 5), relay("b", null)];
  const reason = (preferred: string) =>
    chooseRelay(null, all, { ...ANY, preferred }, 100_000)!.reason;
  assert.equal(reason("nobody"), 'it is the nearest, 5 ms; no relay is called "nobody"');
  assert.equal(reason("B"), "it is the nearest, 5 ms");
  assert.equal(reason("a"), "it is the preferred one");
});
