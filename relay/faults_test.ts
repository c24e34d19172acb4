import assert from "node:assert/strict";
import { ManualClock } from "../quic/manual_clock.ts";
import { createCounters } from "./counters/counters.ts";
import { recordFault, surviveFaults } from "./faults.ts";
import { memoryLogger } from "./log/testing_sink.ts";

Deno.test("what nobody caught, in a task or in a promise, is handed over and survived", async () => {
  const faults: unknown[] = [];
  const second = Promise.withResolvers<void>();
  const end = surviveFaults((error) => {
    faults.push(error);
    if (faults.length === 2) second.resolve();
  });
  try {
    queueMicrotask(() => {
      throw new Error("in a task");
    });
    Promise.reject(new Error("in a promise"));
    await second.promise;
    assert.deepEqual(faults.map((fault) => (fault as Error).message).sort(), [
      "in a promise",
      "in a task",
    ]);
  } finally {
    end();
  }
});

Deno.test("a fault is counted and has its line, with the place it comes from", async () => {
  const { log, sink } = memoryLogger(new ManualClock());
  const counters = createCounters();
  recordFault(new Error("a part broke"), counters, log.area("relay"));
  recordFault("no error at all", counters, log.area("relay"));
  await log.flush();
  assert.equal(counters.internalErrors, 2);
  assert.match(
    sink.lines[0]!,
    /ERROR relay: internal error, please .* error="a part broke" stack=".*faults_test/,
  );
  assert.match(sink.lines[1]!, /error="no error at all"/);
});
