/** Which skipped tests are accepted. */
import assert from "node:assert/strict";
import { judgeSkips } from "./skips.ts";

const outcome = { passed: 1, failed: ["x"], skipped: ["a (skipped: no root)", "b"] };

Deno.test("a skip without a reason is a failure", () => {
  assert.deepEqual(judgeSkips(outcome, { mustBeComplete: false }), {
    passed: 1,
    failed: ["x", "b: skipped without a reason"],
    skipped: ["a (skipped: no root)"],
  });
});

Deno.test("where nothing may be skipped, every skip is a failure", () => {
  assert.deepEqual(judgeSkips(outcome, { mustBeComplete: true }), {
    passed: 1,
    failed: ["x", "a (skipped: no root): skipped in CI as root", "b: skipped in CI as root"],
    skipped: [],
  });
});
