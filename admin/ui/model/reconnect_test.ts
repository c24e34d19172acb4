import assert from "node:assert/strict";
import { waitMs } from "./reconnect.ts";

Deno.test("each failure doubles the wait up to a limit, and pages spread", () => {
  assert.deepEqual([0, 1, 2, 3, 9, 99].map((failures) => waitMs(failures, 1)), [
    500,
    1_000,
    2_000,
    4_000,
    15_000,
    15_000,
  ]);
  assert.equal(waitMs(0, 0), 375);
});
