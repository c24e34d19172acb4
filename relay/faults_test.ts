import assert from "node:assert/strict";
import { surviveFaults } from "./faults.ts";

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
