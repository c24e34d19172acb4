import assert from "node:assert/strict";
import { WireError } from "../../proto/errors.ts";
import { createCounters } from "./counters.ts";
import { countReceived } from "./received_signals.ts";

Deno.test("a signal counts as received if it could be read, and as invalid if nobody knows what it means", () => {
  const counters = createCounters();
  countReceived(counters, { type: "Ping", timestamp_ms: 1 });
  countReceived(counters, { type: "unknown", variant: "Novelty" });
  countReceived(counters, new WireError("too_large", "a frame without end"));
  assert.equal(counters.signalsReceived, 2);
  const { signalsInvalid } = counters;
  const counted = signalsInvalid.values.filter((value) => signalsInvalid.get(value) > 0);
  assert.deepEqual(counted, ["too_large", "unknown_variant"]);
});
