import assert from "node:assert/strict";
import { createCounters } from "./counters/counters.ts";
import { guardFaults } from "./fault_guard.ts";
import { type Fields, silentLog } from "./ports/log.ts";

Deno.test("a rejection nobody handles is logged with its stack, counted, and survived", async () => {
  const counters = createCounters();
  const lines: Fields[] = [];
  const log = { ...silentLog, error: (_: string, fields: Fields = {}) => void lines.push(fields) };
  const release = guardFaults(log, counters);
  try {
    Promise.reject(new Error("ours"));
    await new Promise((resolve) => setTimeout(resolve, 0));
  } finally {
    release();
  }
  assert.equal(counters.internalErrors, 1);
  assert.equal(lines[0]!["error"], "Error: ours");
  assert.match(String(lines[0]!["stack"]), /fault_guard_test/);
});
