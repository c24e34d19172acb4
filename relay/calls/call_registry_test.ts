import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import { createCounters } from "../counters/counters.ts";
import type { Call } from "./call.ts";
import { CallRegistry, type CallRules } from "./call_registry.ts";
import { NO_CONTACT } from "./contact.ts";

function setUp(rules: Partial<CallRules> = {}) {
  const clock = new ManualClock();
  const counters = createCounters();
  const timedOut: string[] = [];
  const state = { held: 0 };
  const registry = new CallRegistry({
    clock,
    counters,
    rules: () => ({
      timeoutMs: 45_000,
      oneAtATime: false,
      maxPerClient: 3,
      maxCalls: 5,
      ...rules,
    }),
    hold: () => {
      state.held++;
      return () => state.held--;
    },
    onTimeout: ({ id }) => timedOut.push(id),
    isAuthenticated: (fingerprint) => fingerprint === "alice",
  });
  const open = (id: string, caller = "alice", callee = "bob", source: string | null = null) =>
    registry.open({
      id,
      caller,
      callee,
      source,
      callerLine: {},
      calleeLine: {},
      callerContact: NO_CONTACT,
    });
  const accept = (call: Call) =>
    call.accept(call.callee, { line: {}, trusted: false, contact: NO_CONTACT }, clock.now());
  const refusal = (id: string, caller: string, callee: string, source: string | null = null) =>
    registry.refusal({ id, caller, callee, source });
  return { clock, counters, registry, refusal, timedOut, state, open, accept };
}

Deno.test("a call id must be able to stand in a room name as it is, and fit", () => {
  const rig = setUp();
  const refusal = (id: string) => rig.refusal(id, "alice", "bob");
  for (const id of ["c1", "18a5f2c3d4e5f607", "a_b-c", "x".repeat(58)]) {
    assert.equal(refusal(id), null, id);
  }
  for (const id of ["", "C1", "a b", "a.b", "a-", "\u00e9", "x".repeat(59), "c1\n"]) {
    assert.equal(refusal(id), "call_id_invalid", JSON.stringify(id));
  }
});

Deno.test("an id in use is refused until its call ended, and never overwritten", () => {
  const { registry, open, refusal } = setUp();
  const call = open("c1");
  assert.equal(refusal("c1", "carol", "dave"), "call_id_in_use");
  assert.throws(() => open("c1", "carol", "dave"), TypeError);
  assert.equal(registry.find("c1"), call);
  call.hangUp("alice");
  assert.equal(registry.find("c1"), null);
  assert.equal(refusal("c1", "carol", "dave"), null);
});

Deno.test("calls are bounded per client, those that ring at it apart from its own, and in all", () => {
  const { registry, open, refusal, accept } = setUp({ maxCalls: 9 });
  open("c1", "alice", "bob");
  accept(open("c2", "carol", "alice"));
  open("c3", "alice", "dave");
  // Placed or answered: three.
  assert.equal(refusal("c4", "alice", "eve"), "too_many_calls");
  assert.equal(refusal("c4", "eve", "alice"), "too_many_calls");
  assert.equal(refusal("c4", "eve", "bob"), null);
  for (const id of ["c4", "c5", "c6"]) open(id, `${id}-caller`, "fay");
  // Three ring at her: no fourth, but she places and answers what she likes.
  assert.equal(refusal("c7", "eve", "fay"), "too_many_calls");
  assert.equal(refusal("c7", "fay", "eve"), null);
  for (const id of ["c7", "c8", "c9"]) open(id, "fay", `${id}-callee`);
  assert.ok(accept(registry.find("c4")!));
  assert.equal(refusal("c10", "gina", "hugo"), "too_many_calls");
  registry.of("fay")[0]!.hangUp("fay");
  assert.equal(refusal("c10", "gina", "hugo"), null);
  assert.equal(refusal("c10", "fay", "hugo"), "too_many_calls");
});

Deno.test("many identities from one source leave others half of the places to ring somebody", () => {
  const { open, refusal } = setUp({ maxPerClient: 4, maxCalls: 100 });
  open("c1", "m1", "bob", "192.0.2.1");
  open("c2", "m2", "bob", "192.0.2.1");
  assert.equal(refusal("c3", "m3", "bob", "192.0.2.1"), "too_many_calls");
  assert.equal(refusal("c3", "m3", "carol", "192.0.2.1"), null);
  assert.equal(refusal("c3", "alice", "bob", "192.0.2.2"), null);
});

Deno.test("with one call at a time, a call that rings keeps its callee from placing none", () => {
  const { open, refusal } = setUp({ oneAtATime: true });
  open("c1", "mallory", "bob");
  assert.equal(refusal("c2", "bob", "carol"), null);
  assert.equal(refusal("c2", "carol", "bob"), "busy");
});

Deno.test("one caller cannot take all the places of a callee with calls nobody answers", () => {
  const { open, accept, refusal } = setUp();
  const first = open("c1");
  open("c2");
  assert.equal(refusal("c3", "alice", "bob"), "too_many_calls");
  assert.equal(refusal("c3", "alice", "carol"), null);
  assert.equal(refusal("c3", "carol", "bob"), null);
  assert.equal(refusal("c3", "bob", "alice"), null);
  accept(first);
  assert.equal(refusal("c3", "alice", "bob"), null);
});

Deno.test("with one call at a time both parties of a call are busy, answered or not", () => {
  const { open, accept, refusal } = setUp({ oneAtATime: true });
  const call = open("c1");
  const check = () => {
    assert.equal(refusal("c2", "carol", "bob"), "busy");
    assert.equal(refusal("c2", "carol", "alice"), "busy");
    assert.equal(refusal("c2", "alice", "carol"), "busy");
    assert.equal(refusal("c2", "carol", "dave"), null);
  };
  check();
  accept(call);
  check();
  call.hangUp("bob");
  assert.equal(refusal("c2", "carol", "bob"), null);
});

Deno.test("an unanswered call times out after the time that held when it was offered", () => {
  const rules = { timeoutMs: 10_000 };
  const { clock, registry, timedOut, open, accept } = setUp(rules);
  const first = open("c1");
  first.ring();
  accept(open("c2"));
  rules.timeoutMs = 60_000;
  clock.advance(9_999);
  assert.deepEqual(timedOut, []);
  clock.advance(1);
  assert.deepEqual(timedOut, ["c1"]);
  assert.equal(first.outcome, "timeout");
  assert.equal(registry.find("c1"), null);
  clock.advance(1_000_000);
  assert.deepEqual(timedOut, ["c1"]);
  assert.equal(registry.find("c2")!.state, "active");
});

Deno.test("only parties of a call that is set up may join its room", () => {
  const { registry, open, accept } = setUp();
  const call = open("c1");
  call.ring();
  assert.equal(registry.mayJoin("c1", "alice"), false);
  accept(call);
  assert.equal(registry.mayJoin("c1", "alice"), true);
  assert.equal(registry.mayJoin("c1", "bob"), true);
  assert.equal(registry.mayJoin("c1", "mallory"), false);
  assert.equal(registry.mayJoin("c2", "alice"), false);
  call.hangUp("bob");
  assert.equal(registry.mayJoin("c1", "alice"), false);
  assert.equal(registry.isAuthenticated("alice"), true);
  assert.equal(registry.isAuthenticated("bob"), false);
});

Deno.test("a call holds the life cycle until its parties could be told that it ended", () => {
  const { clock, state, open, accept } = setUp();
  const call = open("c1");
  accept(call);
  open("c2");
  assert.equal(state.held, 2);
  call.hangUp("alice");
  assert.equal(state.held, 2);
  clock.advance(250);
  assert.equal(state.held, 1);
  clock.advance(60_000);
  assert.equal(state.held, 0);
});

Deno.test("whatever happens to calls, index, gauges, holds and timers agree and nothing is left", () => {
  const names = ["alice", "bob", "carol"];
  const event = fc.record({
    what: fc.constantFrom("open", "ring", "accept", "hangUp", "reject", "fail", "wait"),
    id: fc.nat(4),
    caller: fc.nat(2),
    callee: fc.nat(2),
    wait: fc.nat(50_000),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const { clock, counters, registry, state, open, accept, refusal } = setUp();
      let opened = 0;
      const check = () => {
        const calls = [...registry.all()];
        assert.equal(calls.length, registry.size);
        for (const name of names) {
          const own = calls.filter((call) => call.isParty(name));
          assert.deepEqual(new Set(registry.of(name)), new Set(own));
          assert.ok(own.filter((call) => call.caller === name).length <= 3);
          assert.ok(
            own.filter((call) => call.state !== "active" && call.callee === name).length <= 3,
          );
        }
        for (const value of ["pending", "ringing", "active"] as const) {
          const expected = calls.filter((call) => call.state === value).length;
          assert.equal(counters.activeCalls.get(value), expected);
        }
        const ended = counters.calls.values.reduce(
          (sum, value) => sum + counters.calls.get(value),
          0,
        );
        assert.equal(ended + calls.length, opened);
      };
      for (const { what, id, caller, callee, wait } of events) {
        const [name, from, to] = [`c${id}`, names[caller]!, names[callee]!];
        const call = registry.find(name);
        if (what === "wait") clock.advance(wait);
        else if (what === "open") {
          if (refusal(name, from, to) === null) {
            open(name, from, to);
            opened++;
          }
        } else if (call !== null) {
          if (what === "ring") call.ring();
          else if (what === "accept") accept(call);
          else if (what === "hangUp") call.hangUp(from);
          else if (what === "reject") call.reject(from);
          else call.fail();
        }
        check();
      }
      for (const call of [...registry.all()]) call.hangUp(call.caller);
      check();
      clock.advance(250);
      assert.equal(registry.size, 0);
      assert.equal(state.held, 0);
      assert.equal(clock.pending, 0);
    }),
    { numRuns: 200 },
  );
});
