import assert from "node:assert/strict";
import fc from "fast-check";
import { Call } from "./call.ts";
import { NO_CONTACT } from "./contact.ts";

const ALICE = "alice";
const BOB = "bob";
const MALLORY = "mallory";
const PHONE = {};
const DESK = {};
const TIMEOUT = 45_000;

function newCall(changes: string[] = []) {
  return new Call({
    id: "c1",
    caller: ALICE,
    callee: BOB,
    callerLine: PHONE,
    source: null,
    calleeLine: DESK,
    callerContact: { reflexive: "192.0.2.1:1", local: ["10.0.0.1:1"] },
    now: 0,
    timeoutMs: TIMEOUT,
    onChange: (call, before) => changes.push(`${before} -> ${call.state}`),
  });
}

const bobs = { reflexive: "192.0.2.2:2", local: ["10.0.0.2:2"] };
const accept = (call: Call, { by = BOB, trusted = false, now = 1 } = {}) =>
  call.accept(by, { line: DESK, trusted, contact: bobs }, now);

Deno.test("a call rings, is accepted and is hung up", () => {
  const changes: string[] = [];
  const call = newCall(changes);
  assert.equal(call.state, "pending");
  assert.ok(call.ring());
  assert.ok(accept(call, { now: 7 }));
  assert.equal(call.acceptedAt, 7);
  assert.ok(call.hangUp(ALICE));
  assert.equal(call.outcome, "completed");
  assert.deepEqual(changes, ["pending -> ringing", "ringing -> active", "active -> ended"]);
});

Deno.test("an answer may overtake the news that it rings, which then changes nothing", () => {
  const call = newCall();
  assert.ok(accept(call));
  assert.equal(call.ring(), false);
  assert.equal(call.state, "active");
});

Deno.test("only the callee accepts or rejects, and only once", () => {
  for (const by of [ALICE, MALLORY]) {
    const call = newCall();
    assert.equal(accept(call, { by }), false);
    assert.equal(call.reject(by), false);
    assert.equal(call.state, "pending");
  }
  const call = newCall();
  assert.ok(accept(call));
  assert.equal(accept(call), false);
  assert.equal(call.reject(BOB), false);
  const rejected = newCall();
  assert.ok(rejected.reject(BOB));
  assert.equal(rejected.outcome, "rejected");
  assert.equal(accept(rejected), false);
});

Deno.test("how a call ended tells who ended it, and when", () => {
  const ended = (end: (call: Call) => boolean, accepted = false) => {
    const call = newCall();
    if (accepted) accept(call);
    return end(call) ? call.outcome : "nothing";
  };
  assert.equal(ended((call) => call.hangUp(ALICE)), "cancelled");
  assert.equal(ended((call) => call.hangUp(BOB)), "rejected");
  assert.equal(ended((call) => call.hangUp(BOB), true), "completed");
  assert.equal(ended((call) => call.hangUp(MALLORY), true), "nothing");
  assert.equal(ended((call) => call.disconnect(ALICE)), "disconnected");
  assert.equal(ended((call) => call.disconnect(MALLORY)), "nothing");
  assert.equal(ended((call) => call.fail()), "undelivered");
  assert.equal(ended((call) => call.ring() && call.fail()), "nothing");
  assert.equal(ended((call) => call.fail(), true), "undelivered");
});

Deno.test("an unanswered call times out at its time, not before, and not once it was answered", () => {
  const call = newCall();
  call.ring();
  assert.equal(call.expire(TIMEOUT - 1), false);
  assert.ok(call.expire(TIMEOUT));
  assert.equal(call.outcome, "timeout");
  const answered = newCall();
  assert.ok(accept(answered, { now: TIMEOUT - 1 }));
  assert.equal(answered.expire(TIMEOUT), false);
});

Deno.test("an answer that comes when the time is up is too late, even if the timer is later", () => {
  const call = newCall();
  assert.equal(accept(call, { now: TIMEOUT }), false);
  assert.ok(call.expire(TIMEOUT));
});

Deno.test("the parties know each other's addresses only after a trusting answer", () => {
  const call = newCall();
  assert.deepEqual([call.peerContact(ALICE), call.peerContact(BOB)], [NO_CONTACT, NO_CONTACT]);
  accept(call, { trusted: true });
  assert.deepEqual(call.peerContact(ALICE), bobs);
  assert.equal(call.peerContact(BOB).reflexive, "192.0.2.1:1");
  const private_ = newCall();
  accept(private_, { trusted: false });
  assert.deepEqual(private_.peerContact(ALICE), NO_CONTACT);
  assert.deepEqual(private_.peerContact(BOB), NO_CONTACT);
  assert.throws(() => call.peerContact(MALLORY), TypeError);
});

Deno.test("each party has a line, and can go on with another one", () => {
  const call = newCall();
  assert.deepEqual([call.lineOf(ALICE) === PHONE, call.lineOf(BOB) === DESK], [true, true]);
  const other = {};
  call.move(ALICE, other);
  assert.equal(call.lineOf(ALICE), other);
  assert.equal(call.lineOf(BOB), DESK);
  assert.throws(() => call.move(MALLORY, other), TypeError);
  call.accept(BOB, { line: other, trusted: false, contact: bobs }, 1);
  assert.equal(call.lineOf(BOB), other);
});

Deno.test("nobody can call himself", () => {
  assert.throws(() =>
    new Call({
      id: "c1",
      caller: ALICE,
      callee: ALICE,
      callerLine: PHONE,
      source: null,
      calleeLine: DESK,
      callerContact: NO_CONTACT,
      now: 0,
      timeoutMs: 1,
      onChange: () => {},
    }), TypeError);
});

Deno.test("whatever happens in whatever order, a call only goes forward and ends once", () => {
  const party = fc.constantFrom(ALICE, BOB, MALLORY);
  const event = fc.record({
    what: fc.constantFrom("ring", "accept", "reject", "hangUp", "expire", "disconnect", "fail"),
    by: party,
    trusted: fc.boolean(),
    wait: fc.oneof(fc.nat(1_000), fc.nat(60_000)),
  });
  const order = ["pending", "ringing", "active", "ended"];
  fc.assert(
    fc.property(fc.array(event, { maxLength: 25 }), (events) => {
      let changes = 0;
      let now = 0;
      const call = new Call({
        id: "c1",
        caller: ALICE,
        callee: BOB,
        callerLine: PHONE,
        source: null,
        calleeLine: DESK,
        callerContact: bobs,
        now,
        timeoutMs: TIMEOUT,
        onChange: () => changes++,
      });
      for (const { what, by, trusted, wait } of events) {
        now += wait;
        const before = { state: call.state, outcome: call.outcome, changes };
        const happened = {
          ring: () => call.ring(),
          accept: () => accept(call, { by, trusted, now }),
          reject: () => call.reject(by),
          hangUp: () => call.hangUp(by),
          expire: () => call.expire(now),
          disconnect: () => call.disconnect(by),
          fail: () => call.fail(),
        }[what]!();
        // What happened moved the call forward by exactly one change; what did not changed nothing.
        const step = order.indexOf(call.state) - order.indexOf(before.state);
        assert.equal(step > 0, happened);
        assert.equal(changes - before.changes, happened ? 1 : 0);
        if (!happened) assert.equal(call.outcome, before.outcome);
        assert.equal(call.outcome !== null, call.state === "ended");
        // Who may do what.
        if (by === MALLORY && !["ring", "expire", "fail"].includes(what)) {
          assert.equal(happened, false);
        }
        if (call.state === "active" && before.state !== "active") {
          assert.deepEqual([what, by, now < TIMEOUT], ["accept", BOB, true]);
        }
        if (call.outcome === "timeout" && happened) {
          assert.ok(now >= TIMEOUT && before.state !== "active");
        }
        if (call.acceptedAt === null) assert.deepEqual(call.peerContact(BOB), NO_CONTACT);
      }
    }),
    { numRuns: 500 },
  );
});
