import assert from "node:assert/strict";
import { ManualClock } from "../quic/manual_clock.ts";
import { LifeCycle } from "./life_cycle.ts";
import { memoryLogger } from "./log/testing_sink.ts";
import { relayOperations, reloadOutcome } from "./operations.ts";
import { participant } from "./tap/testing_participant.ts";

function rig() {
  const clock = new ManualClock();
  const states: string[] = [];
  const life = new LifeCycle({
    clock,
    drainTimeoutMs: () => 60_000,
    onState: (state, reason) => void states.push(`${state} ${reason}`),
  });
  const { log } = memoryLogger(clock);
  const asked: string[] = [];
  const operations = relayOperations({
    clock,
    log,
    life,
    reload: () => Promise.resolve({ ok: true, detail: "Changed: region." }),
    kick: (session, refuseMs) => {
      asked.push(`${session} ${refuseMs}`);
      return session === "session-1" ? participant(1) : null;
    },
    udpRelay: () => null,
    closeLink: (relay) => {
      asked.push(relay);
      return relay === "00ff";
    },
  });
  return { clock, life, log, states, operations, asked };
}

Deno.test("an idle relay that is drained lives until the answer is out", () => {
  const { clock, life, states, operations } = rig();
  assert.equal(operations.drain("early").ok, false);
  life.serve();
  assert.equal(operations.drain("update").ok, true);
  assert.equal(life.state, "draining");
  assert.deepEqual(operations.drain("again"), {
    ok: false,
    detail: "The relay is draining already.",
  });
  clock.advance(500);
  assert.equal(life.state, "stopped");
  assert.deepEqual(states.slice(1), ["draining update", "stopped drained"]);
});

Deno.test("log levels change at once, and what is no level changes nothing", () => {
  const { log, operations } = rig();
  assert.equal(operations.setLogLevel("error,rooms=debug").ok, true);
  assert(log.area("rooms").enabled("debug") && !log.enabled("warn"));
  const { ok, detail } = operations.setLogLevel("loud");
  assert.equal(ok, false);
  assert.match(detail, /^levels must be one of error, warn/);
  assert(log.area("rooms").enabled("debug") && !log.enabled("warn"));
});

Deno.test("kicking and closing say whether there was anything", () => {
  const { operations, asked } = rig();
  assert.deepEqual(operations.kick("session-1", 90_000), {
    ok: true,
    detail: "fp-1 is refused for 90 s.",
  });
  assert.equal(operations.kick("session-2", 0).ok, false);
  assert.equal(operations.closeLink("00:FF").ok, true);
  assert.equal(operations.closeLink("11").ok, false);
  assert.deepEqual(asked, ["session-1 90000", "session-2 0", "00ff", "11"]);
});

Deno.test("a reload says what changed, what waits, and what is wrong", () => {
  const loaded = {} as never;
  const reloaded = { loaded, applied: ["region"], needRestart: ["event_log"] };
  assert.deepEqual(reloadOutcome(reloaded, []), {
    ok: true,
    detail: "Changed: region; to change event_log the relay must be restarted.",
  });
  assert.deepEqual(
    reloadOutcome({ loaded, applied: [], needRestart: [] }, []).detail,
    "Nothing changed.",
  );
  assert.deepEqual(reloadOutcome({ errors: ["a.toml:1: bad"], exitCode: 78 }, ["a.toml:1: bad"]), {
    ok: false,
    detail: "The old configuration stays in force: a.toml:1: bad.",
  });
});
