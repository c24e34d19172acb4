import assert from "node:assert/strict";
import { parseLevels, passes, thresholdOf } from "./levels.ts";

Deno.test("a level holds everywhere except where an area has its own", () => {
  const rules = parseLevels("warn, quic=debug,federation.link=error");
  assert.equal(thresholdOf(rules, "relay"), "warn");
  assert.equal(thresholdOf(rules, "quic"), "debug");
  assert.equal(thresholdOf(rules, "quic.deno"), "debug");
  assert.equal(thresholdOf(rules, "quicker"), "warn");
  assert.equal(thresholdOf(rules, "federation"), "warn");
  assert.equal(thresholdOf(rules, "federation.link"), "error");
});

Deno.test("overrides alone leave info everywhere else", () => {
  assert.equal(thresholdOf(parseLevels("quic=debug"), "relay"), "info");
});

Deno.test("a level lets through itself and what is graver", () => {
  assert(passes("info", "info") && passes("error", "info") && !passes("debug", "info"));
});

Deno.test("what is not a level or an area is refused with a sentence that quotes it", () => {
  const cases = [["loud", "loud"], ["info,quic=loud", "loud"], ["", '""'], ["INFO", "INFO"], [
    "info,warn",
    "two levels",
  ]];
  for (
    const [text, part] of [...cases, ["a b=info", "a b"], ["=info", '""'], [
      "constructor",
      "constructor",
    ]]
  ) {
    assert.throws(
      () => parseLevels(text!),
      (error: unknown) =>
        error instanceof RangeError && error.message.startsWith("Cannot parse log level") &&
        error.message.includes(part!),
      text,
    );
  }
});
