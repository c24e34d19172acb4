import assert from "node:assert/strict";
import fc from "fast-check";
import { Failover, GIVE_UP_MS, VOLUNTARY_EVERY_MS } from "./failover.ts";
import type { FailoverEvent } from "./failover_events.ts";
import { POOR, POOR_FOR } from "./path_watch.ts";
import { FINE, World } from "./testing_world.ts";

const A = "192.0.2.1:1";
const B = "192.0.2.2:2";
const C = "192.0.2.3:3";

const POOR_PATH = { ...FINE, lossPercent: POOR.lossPercent + 1 };

Deno.test("while nothing happens nothing is dialled", () => {
  const world = new World([A, B, C]);
  world.clock.advance(3_600_000);
  assert.equal(world.open.size, 1);
  assert.deepEqual(world.moves, []);
});

Deno.test("a relay that falls silent is followed by the standby within two seconds and a bit", () => {
  for (let moment = 0; moment < 500; moment += 50) {
    const world = new World([A, B, C]);
    world.clock.advance(5_000 + moment);
    world.relay(A).alive = false;
    world.clock.advance(1_100);
    assert.equal(world.open.size, 2, "a standby");
    assert.equal(world.present, A);
    world.clock.advance(1_100);
    assert.equal(world.present, B);
    assert.deepEqual(world.moves.map(({ reason }) => reason), ["silent"]);
    assert.equal(world.open.size, 1);
  }
});

Deno.test("a relay that speaks again within its time is stayed with, and the standby is left", () => {
  const world = new World([A, B, C]);
  world.relay(A).alive = false;
  world.clock.advance(1_400);
  assert.equal(world.open.size, 2);
  world.relay(A).alive = true;
  world.clock.advance(10_000);
  assert.deepEqual([world.present, world.open.size, world.moves.length], [A, 1, 0]);
});

Deno.test("when the standby is dead as well the next one is found in time", () => {
  const world = new World([A, B, C]);
  world.relay(A).alive = world.relay(B).alive = false;
  world.clock.advance(2_600);
  assert.equal(world.present, C);
  world.clock.advance(10_000);
  assert.equal(world.open.size, 1, "what was dialled in vain is given up");
});

Deno.test("a connection that breaks is followed at once by whoever takes us first", () => {
  const world = new World([A, B, C]);
  world.relay(B).joinMs = 400;
  world.close(A, "lost");
  world.clock.advance(300);
  assert.deepEqual([world.present, world.open.size], [C, 1]);
  assert.equal(world.moves[0]?.reason, "closed");
});

Deno.test("a relay that ends the session on purpose is not gone round", () => {
  const world = new World([A, B, C]);
  world.close(A, "ended");
  world.clock.advance(60_000);
  assert.deepEqual([world.gaveUp, world.open.size, world.moves.length], [true, 0, 0]);
});

Deno.test("a relay that stops is left once the new one is ready, and where that one fails by way of the next", () => {
  const world = new World([A, B, C]);
  world.relay(B).alive = false;
  world.drain(A);
  assert.equal(world.present, A);
  world.clock.advance(4_000);
  assert.deepEqual([world.present, world.open.size], [C, 1]);
  assert.deepEqual(world.moves.map(({ reason }) => reason), ["draining"]);
});

Deno.test("who is told to go and has nowhere to go stays until the end", () => {
  const world = new World([A]);
  world.drain(A);
  world.clock.advance(20_000);
  assert.equal(world.present, A);
  world.close(A, "ended");
  assert.deepEqual([world.gaveUp, world.open.size], [true, 0]);
});

Deno.test("a standby is not used before it is ready, unless it never will be", () => {
  const world = new World([A, B]);
  world.relay(B).joinMs = 1_000_000;
  world.drain(A);
  const [id] = [...world.open.keys()].slice(-1) as [number];
  world.open.get(id)!.joined = true;
  world.tell({ type: "joined", id });
  world.clock.advance(1_900);
  assert.equal(world.present, A);
  world.clock.advance(200);
  assert.equal(world.present, B);
});

Deno.test("without any relay it tries again, also the lost one, and after half a minute gives up", () => {
  const world = new World([A, B]);
  world.relay(B).alive = false;
  world.relay(A).alive = false;
  world.close(A, "lost");
  world.clock.advance(10_000);
  assert.equal(world.present, null);
  world.relay(A).alive = true;
  world.clock.advance(8_000);
  assert.equal(world.present, A);
  world.relay(A).alive = false;
  world.allowed = [B];
  world.close(A, "lost");
  world.clock.advance(GIVE_UP_MS + 100);
  assert.deepEqual([world.gaveUp, world.open.size], [true, 0]);
});

Deno.test("a poor path is left after five seconds, for one that was measured and is not poor", () => {
  const world = new World([A, B, C]);
  world.relay(A).quality = POOR_PATH;
  world.clock.advance(500 * POOR_FOR - 100);
  assert.equal(world.open.size, 1);
  world.clock.advance(200);
  assert.equal(world.open.size, 2);
  world.clock.advance(4_000);
  assert.equal(world.present, B);
  assert.deepEqual(world.moves.map(({ reason }) => reason), ["degraded"]);
});

Deno.test("where everything is as poor nothing moves, and others are not tried all the time", () => {
  const world = new World([A, B, C]);
  for (const relay of world.relays.values()) relay.quality = POOR_PATH;
  let joins = 0;
  const tell = world.tell.bind(world);
  world.tell = (event) => {
    if (event.type === "joined") joins++;
    tell(event);
  };
  world.clock.advance(60_000);
  assert.deepEqual([world.present, world.moves.length], [A, 0]);
  assert.ok(joins <= 8, `${joins} joins`);
});

Deno.test("a poor moment is forgiven", () => {
  const world = new World([A, B]);
  for (let i = 0; i < 20; i++) {
    world.relay(A).quality = POOR_PATH;
    world.clock.advance(500 * (POOR_FOR - 1));
    world.relay(A).quality = FINE;
    world.clock.advance(500);
  }
  assert.deepEqual(world.moves, []);
});

Deno.test("advice is followed at most once a minute, however often it changes", () => {
  const world = new World([A, B, C]);
  for (let second = 0; second < 3_600; second++) {
    world.allowed = [A, B, C].filter((addr) => addr !== world.present);
    world.better = world.allowed[second % 2]!;
    world.tell({ type: "look" });
    world.clock.advance(1_000);
  }
  assert.ok(world.moves.length >= 50 && world.moves.length <= 60, `${world.moves.length} moves`);
  world.moves.forEach(({ at }, i) => {
    if (i > 0) assert.ok(at - world.moves[i - 1]!.at >= VOLUNTARY_EVERY_MS);
  });
});

Deno.test("advice to go where the present relay does not lead is not followed", () => {
  const world = new World([A, B]);
  world.relays.set(C, { alive: true, draining: false, joinMs: 10, quality: FINE });
  world.better = C;
  world.tell({ type: "look" });
  world.clock.advance(120_000);
  assert.deepEqual([world.present, world.open.size], [A, 1]);
  world.relay(A).quality = POOR_PATH;
  world.clock.advance(500 * POOR_FOR + 4_000);
  assert.equal(world.present, B, "nor does it stand in the way of other reasons");
});

Deno.test("whoever ends the session leaves nothing open", () => {
  const world = new World([A, B]);
  world.relay(A).alive = false;
  world.clock.advance(1_400);
  assert.deepEqual(world.machine.end(), [{ do: "leave", id: 1 }]);
  assert.deepEqual(
    world.machine.step({ type: "look" }, {
      now: 0,
      alternatives: [B],
      better: B,
    }),
    [],
  );
});

const addresses = [A, B, C, "192.0.2.4:4"];
const addr = fc.constantFrom(...addresses);
const happening = fc.oneof(
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 600 }) }),
  fc.record({ kind: fc.constantFrom("die" as const, "live" as const, "drain" as const), addr }),
  fc.record({ kind: fc.constantFrom("lose" as const, "allow" as const, "forbid" as const), addr }),
  fc.record({ kind: fc.constant("better" as const), addr: fc.option(addr, { nil: null }) }),
  fc.record({ kind: fc.constant("poor" as const), addr, poor: fc.boolean() }),
  fc.record({ kind: fc.constant("slow" as const), addr, ms: fc.integer({ min: 1, max: 9_000 }) }),
);

Deno.test("whatever happens: never to where it may not, rarely by choice, nothing left open, never two that send", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (story) => {
      const world = new World(addresses);
      const everAllowed = new Set(addresses);
      for (const event of story) {
        switch (event.kind) {
          case "wait":
            world.clock.advance(event.ms);
            break;
          case "die":
            world.relay(event.addr).alive = false;
            break;
          case "live":
            Object.assign(world.relay(event.addr), { alive: true, draining: false });
            break;
          case "drain":
            world.drain(event.addr);
            break;
          case "lose":
            world.close(event.addr, "lost");
            break;
          case "allow":
            world.allowed = [...new Set([...world.allowed, event.addr])];
            break;
          case "forbid":
            world.allowed = world.allowed.filter((other) => other !== event.addr);
            break;
          case "better":
            world.better = event.addr;
            world.tell({ type: "look" });
            break;
          case "poor":
            world.relay(event.addr).quality = event.poor ? POOR_PATH : FINE;
            break;
          case "slow":
            world.relay(event.addr).joinMs = event.ms;
        }
        assert.ok(world.open.size <= 1 + addresses.length);
        if (world.gaveUp) assert.equal(world.open.size, 0);
        else if (world.machine.present !== null) {
          assert.ok(world.open.get(world.machine.present)?.joined);
        }
      }
      for (const { to } of world.moves) assert.ok(everAllowed.has(to));
      const chosen = world.moves.filter(({ reason }) =>
        reason === "better" || reason === "degraded"
      );
      for (const [i, { at }] of chosen.entries()) {
        if (i > 0) assert.ok(at - chosen[i - 1]!.at >= VOLUNTARY_EVERY_MS);
      }
      // Once all is well again there is one session and no other, or none.
      for (const relay of world.relays.values()) {
        Object.assign(relay, { alive: true, draining: false, joinMs: 50, quality: FINE });
      }
      world.better = null;
      world.clock.advance(60_000);
      assert.ok(world.gaveUp || world.open.size === 1, `${world.open.size} open`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("whenever a relay dies and another one takes us in time, less than three seconds pass", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 1, max: 900 }),
      fc.boolean(),
      (after, joinMs, standbyDead) => {
        const world = new World([A, B, C]);
        world.relay(C).joinMs = world.relay(B).joinMs = joinMs;
        world.clock.advance(after);
        world.relay(A).alive = false;
        if (standbyDead) world.relay(B).alive = false;
        const died = world.clock.now();
        world.clock.advance(10_000);
        assert.equal(world.present, standbyDead ? C : B);
        assert.ok(world.moves[0]!.at - died < 3_000, `${world.moves[0]!.at - died} ms`);
      },
    ),
  );
});

Deno.test("relays that pass a client on and on are followed more and more slowly", () => {
  for (const how of ["draining", "closed"] as const) {
    const machine = new Failover(A);
    const uses: number[] = [];
    for (let now = 0; now < 120_000; now += 10) {
      const step = (event: FailoverEvent): void => {
        const outlook = { now, alternatives: [A, B], better: null };
        for (const decision of machine.step(event, outlook)) {
          if (decision.do === "use") uses.push(now);
          if (decision.do !== "join") continue;
          joining.push(decision.id);
        }
      };
      const joining: number[] = [];
      const id = machine.present;
      if (id === null) step({ type: "look" });
      else step(how === "draining" ? { type: how, id } : { type: how, id, how: "lost" });
      for (const id of joining) {
        step({ type: "joined", id });
        step({ type: "ready", id });
      }
    }
    assert.ok(uses.length >= 20, `${uses.length} moves when ${how}`);
    assert.ok(uses.length <= 35, `${uses.length} moves when ${how}`);
    assert.ok(uses[1]! - uses[0]! <= 20, "the second one is not waited for");
  }
});

Deno.test("a relay that names others without end has few of them dialled", () => {
  for (const how of ["draining", "closed"] as const) {
    const machine = new Failover(A);
    machine.step(how === "draining" ? { type: how, id: 0 } : { type: how, id: 0, how: "lost" }, {
      now: 0,
      alternatives: [B],
      better: null,
    });
    let event: FailoverEvent = { type: "failed", id: 1 };
    let joins = 0;
    for (let now = 10; now < 20_000; now += 10) {
      const alternatives = Array.from({ length: 32 }, (_, i) => `198.51.100.${i}:${now}`);
      for (let dialled = true; dialled;) {
        const decisions = machine.step(event, { now, alternatives, better: null });
        const ids = decisions.flatMap((decision) => decision.do === "join" ? [decision.id] : []);
        dialled = ids.length > 0;
        joins += ids.length;
        event = dialled ? { type: "failed", id: ids[0]! } : { type: "look" };
        if (joins > 1_000) break;
      }
    }
    assert.ok(joins > 100 && joins < 140, `${joins} dialled in 20 s when ${how}`);
  }
});
