import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { memoryLogger, MemorySink } from "../log/testing_sink.ts";
import { EventFile, type EventFileParts } from "./event_file.ts";

const FULL = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });

function file(options: Partial<EventFileParts> = {}) {
  const clock = new ManualClock(Date.parse("2026-04-13T12:47:21.123Z"));
  const { log, sink: logSink } = memoryLogger(clock);
  const sink = new MemorySink();
  const counters = { eventsLost: 0 };
  const events = new EventFile({ clock, log, counters, open: () => sink, ...options });
  const warnings = async () => {
    await log.flush();
    return logSink.lines.map((line) => line.slice(28).trim());
  };
  return { clock, sink, counters, events, warnings };
}

/** Lets promise reactions run. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Event names, or the count of a loss. */
function names(text: string): (string | number)[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const { event, count } = JSON.parse(line);
    return count ?? event;
  });
}

Deno.test("events of a tenth of a second are one write", async () => {
  const { clock, sink, events } = file();
  events.write("a");
  clock.advance(50);
  events.write("b", { room: "general" });
  await settle();
  assert.equal(sink.writes, 0);
  clock.advance(50);
  await settle();
  assert.equal(sink.writes, 1);
  assert.equal(
    sink.text,
    '{"ts":"2026-04-13T12:47:21.123000Z","event":"log_opened"}\n' +
      '{"ts":"2026-04-13T12:47:21.123000Z","event":"a"}\n' +
      '{"ts":"2026-04-13T12:47:21.173000Z","event":"b","room":"general"}\n',
  );
});

Deno.test("a clean stop leaves every event in the file, and says that it is all", async () => {
  const { clock, sink, counters, events } = file();
  for (let i = 0; i < 1000; i++) events.write(`e${i}`);
  await events.close(1000);
  assert(sink.closed);
  assert.deepEqual(names(sink.text), [
    "log_opened",
    ...Array.from({ length: 1000 }, (_, i) => `e${i}`),
    "log_closed",
  ]);
  assert.equal(counters.eventsLost, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("a slow disk costs events above a bound, and the file says how many", async () => {
  const { clock, sink, counters, events, warnings } = file({ maxWaiting: 400 });
  await settle();
  clock.advance(100);
  const gate = Promise.withResolvers<void>();
  sink.gate = gate.promise;
  await settle();
  for (let i = 0; i < 100; i++) events.write(`e${i}`);
  const kept = 100 - counters.eventsLost;
  assert(kept > 5 && kept < 10, `${kept}`);
  sink.gate = null;
  gate.resolve();
  await events.close(1000);
  assert.deepEqual(names(sink.text), [
    "log_opened",
    100 - kept,
    ...Array.from({ length: kept }, (_, i) => `e${i}`),
    "log_closed",
  ]);
  assert.deepEqual(await warnings(), [
    "WARN relay: the event log loses events: its disk is full or too slow",
  ]);
});

Deno.test("a full disk costs the events of that time, which are told when there is room again", async () => {
  const { clock, sink, counters, events, warnings } = file();
  const pass = async () => {
    clock.advance(100);
    await settle();
  };
  await pass();
  sink.failure = FULL;
  for (let i = 0; i < 3; i++) {
    events.write("lost");
    events.write("lost");
    await pass();
  }
  assert.equal(counters.eventsLost, 6);
  sink.failure = null;
  events.write("later");
  await pass();
  assert.deepEqual(names(sink.text), ["log_opened", 6, "later"]);
  assert.equal((await warnings()).length, 1);
  sink.failure = FULL;
  clock.advance(60_000);
  events.write("lost");
  await pass();
  assert.equal((await warnings()).length, 2);
});

Deno.test("a disk that fills up inside a line leaves a cut line, and the next event begins a new one", async () => {
  const { clock, sink, counters, events } = file();
  const pass = async () => {
    clock.advance(100);
    await settle();
  };
  await pass();
  events.write("first");
  events.write("second");
  events.write("third");
  // Room for the first event and a part of the second.
  const writeSync = sink.writeSync.bind(sink);
  let room = 70;
  sink.writeSync = (bytes) => {
    if (room === 0) throw FULL;
    const taken = writeSync(bytes.subarray(0, room));
    room -= taken;
    return taken;
  };
  await pass();
  assert.equal(counters.eventsLost, 2);
  sink.writeSync = writeSync;
  events.write("fourth");
  await events.close(1000);
  const lines = sink.text.split("\n");
  assert.deepEqual(names(lines.slice(0, 2).join("\n")), ["log_opened", "first"]);
  assert.throws(() => JSON.parse(lines[2]!));
  assert.deepEqual(names(lines.slice(3).join("\n")), [2, "fourth", "log_closed"]);
});

Deno.test("a loss before a clean stop is told by the stop", async () => {
  const { clock, sink, events } = file();
  sink.failure = FULL;
  clock.advance(100);
  await settle();
  sink.failure = null;
  await events.close(1000);
  assert.deepEqual(names(sink.text), [1, "log_closed"]);
});

Deno.test("a disk that does nothing does not keep the relay from stopping, and its events are lost", async () => {
  const { clock, sink, counters, events } = file();
  const gate = Promise.withResolvers<void>();
  sink.gate = gate.promise;
  clock.advance(100);
  await settle();
  events.write("waits");
  const closed = events.close(500);
  clock.advance(500);
  await closed;
  assert(!sink.closed);
  gate.resolve();
  await settle();
  assert(sink.closed);
  assert.equal(counters.eventsLost, 2);
  events.write("after the end");
  events.reopen();
  assert.equal(counters.eventsLost, 3);
});

Deno.test("after a reopen events go to the new file; when it cannot be opened they go to the old one", async () => {
  const first = new MemorySink();
  const second = new MemorySink();
  const sinks = [first, second];
  const { clock, events, warnings } = file({
    open: () => {
      const sink = sinks.shift();
      if (sink === undefined) throw new Deno.errors.PermissionDenied("no");
      return sink;
    },
  });
  const pass = async () => {
    clock.advance(100);
    await settle();
  };
  await pass();
  events.reopen();
  assert(first.closed);
  events.write("second");
  await pass();
  events.reopen();
  events.write("still second");
  await events.close(1000);
  assert.deepEqual(names(first.text), ["log_opened"]);
  assert.deepEqual(names(second.text), ["second", "still second", "log_closed"]);
  assert.deepEqual(await warnings(), [
    'ERROR relay: Cannot reopen the event log, going on with the old file reason="permission denied"',
  ]);
});
