import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { parseLevels } from "./levels.ts";
import { Logger } from "./logger.ts";
import { LineOutput } from "./output.ts";
import { memoryLogger } from "./testing_sink.ts";

/** Lets the output write, without the summaries that a flush brings. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Lines without their timestamps. */
function bodies(lines: string[]): string[] {
  return lines.map((line) => line.slice(28));
}

Deno.test("lines below the level of their area are not written", async () => {
  const { log, sink } = memoryLogger(new ManualClock(), {
    settings: { levels: parseLevels("info,accept=debug") },
  });
  const accept = log.area("accept");
  log.debug("hidden");
  accept.debug("shown");
  accept.area("relay").debug("hidden too");
  assert(accept.enabled("debug") && !log.enabled("debug"));
  await log.flush();
  assert.deepEqual(bodies(sink.lines), ["DEBUG accept: shown"]);
});

Deno.test("levels changed while running hold for areas that exist already", async () => {
  const { log, sink } = memoryLogger(new ManualClock());
  const accept = log.area("accept");
  accept.debug("hidden");
  log.configure({ levels: parseLevels("error,accept=debug"), format: "logfmt" });
  accept.debug("shown");
  log.warn("hidden");
  await log.flush();
  assert.equal(sink.lines.length, 1);
  assert.match(sink.lines[0]!, / level=debug area=accept msg="shown"$/);
});

Deno.test("announcements are written whatever the level is", async () => {
  const { log, sink } = memoryLogger(new ManualClock(), {
    settings: { levels: parseLevels("error") },
  });
  log.warn("hidden");
  log.announce("Listening for connections...");
  await log.flush();
  assert.deepEqual(bodies(sink.lines), [" INFO relay: Listening for connections..."]);
});

Deno.test("a message that repeats is written so often, then summed up when its interval is over", async () => {
  const clock = new ManualClock();
  const counters = { logLinesLost: 0, logLinesSuppressed: 0 };
  const { log, sink } = memoryLogger(clock, {
    repeats: { perInterval: 2, intervalMs: 1000 },
    counters,
    unlimitedAreas: ["debug_tap"],
  });
  for (let i = 0; i < 5; i++) {
    log.warn("Handshake failed", { i });
    log.area("debug_tap").info("TAP");
  }
  clock.advance(999);
  await settle();
  assert.equal(sink.lines.length, 5 + 2);
  clock.advance(1);
  await settle();
  const own = bodies(sink.lines).filter((line) => !line.includes("TAP"));
  assert.deepEqual(own, [
    " WARN relay: Handshake failed i=0",
    " WARN relay: Handshake failed i=1",
    ' WARN relay: Left out lines that repeat suppressed=3 like="Handshake failed"',
  ]);
  assert.equal(sink.lines.length, 5 + 3);
  assert.equal(counters.logLinesSuppressed, 3);
  assert.equal(clock.pending, 0);
});

Deno.test("a burst that begins while another is counted gets its summary too", async () => {
  const clock = new ManualClock();
  const { log, sink } = memoryLogger(clock, { repeats: { perInterval: 1, intervalMs: 1000 } });
  log.warn("first");
  log.warn("first");
  clock.advance(900);
  log.warn("second");
  log.warn("second");
  clock.advance(2000);
  await settle();
  const summaries = bodies(sink.lines).filter((line) => line.includes("suppressed=1"));
  assert.deepEqual(summaries.map((line) => line.slice(-8)), ['="first"', '"second"']);
  assert.equal(clock.pending, 0);
});

Deno.test("a flush says what was left out so far", async () => {
  const { log, sink } = memoryLogger(new ManualClock(), { repeats: { perInterval: 1 } });
  for (let i = 0; i < 4; i++) log.info("again");
  await log.flush();
  assert.match(sink.lines[1]!, / suppressed=3 like="again"$/);
});

Deno.test("a log that cannot be reopened goes on with the old file and says so", async () => {
  const clock = new ManualClock();
  const { sink } = memoryLogger(clock);
  let opened = 0;
  const open = () => {
    if (opened++ > 0) throw new Deno.errors.PermissionDenied("no");
    return sink;
  };
  const log = new Logger({ clock, output: (hooks) => new LineOutput({ ...hooks, clock, open }) });
  log.reopen();
  await log.flush();
  assert.match(sink.text, /ERROR relay: Cannot reopen .* reason="permission denied"/);
});
