import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../quic/manual_clock.ts";
import { LifeCycle } from "./life_cycle.ts";

function setUp(drainTimeoutMs = 30_000) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const life = new LifeCycle({
    clock,
    drainTimeoutMs: () => drainTimeoutMs,
    onState: (state, reason) => seen.push(`${state}: ${reason}`),
  });
  return { clock, life, seen };
}

Deno.test("a relay without work stops as soon as it is asked to drain", () => {
  const { life, seen, clock } = setUp();
  life.serve();
  life.drain("SIGTERM");
  assert.deepEqual(seen, ["serving: ready", "draining: SIGTERM", "stopped: drained"]);
  assert.equal(clock.pending, 0);
});

Deno.test("a drain waits for the last piece of work", () => {
  const { life, seen, clock } = setUp();
  life.serve();
  const first = life.hold();
  const second = life.hold();
  life.drain("SIGTERM");
  first();
  first();
  assert.equal(life.state, "draining");
  second();
  assert.equal(seen.at(-1), "stopped: drained");
  assert.equal(clock.pending, 0);
});

Deno.test("a drain that takes too long ends at its time limit", () => {
  const { life, seen, clock } = setUp(30_000);
  life.serve();
  life.hold();
  life.drain("SIGINT");
  clock.advance(29_999);
  assert.equal(life.state, "draining");
  clock.advance(1);
  assert.equal(seen.at(-1), "stopped: drain timeout");
});

Deno.test("a second request stops at once", () => {
  const { life, seen } = setUp();
  life.serve();
  life.hold();
  life.drain("SIGTERM");
  life.stop("second signal");
  assert.equal(seen.at(-1), "stopped: second signal");
});

Deno.test("a relay that is told to stop while it starts never serves", () => {
  const { life, seen } = setUp();
  life.drain("SIGTERM");
  life.serve();
  assert.deepEqual(seen, ["draining: SIGTERM", "stopped: drained"]);
});

Deno.test("whatever happens, states only move forward and end at most once", () => {
  const order = ["starting", "serving", "draining", "stopped"];
  const step = fc.oneof(
    fc.constantFrom("serve", "drain", "stop", "hold", "release"),
    fc.nat(40_000),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const { life, seen, clock } = setUp();
    const held: (() => void)[] = [];
    let last = 0;
    for (const action of steps) {
      if (typeof action === "number") clock.advance(action);
      else if (action === "serve") life.serve();
      else if (action === "drain") life.drain("test");
      else if (action === "stop") life.stop("test");
      else if (action === "hold") held.push(life.hold());
      else held.pop()?.();
      assert.equal(life.held, held.length);
      assert.ok(order.indexOf(life.state) >= last);
      last = order.indexOf(life.state);
      if (life.state === "draining") assert.ok(life.held > 0);
    }
    assert.ok(seen.filter((line) => line.startsWith("stopped")).length <= 1);
  }));
});
