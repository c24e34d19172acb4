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

Deno.test("what is not a level or an area is refused, and so is naming one twice", () => {
  const unknown = ["loud", "info,quic=loud", "", "INFO", "a b=info", "=info", "constructor"];
  for (const text of unknown) {
    assert.throws(
      () => parseLevels(text),
      { name: "RangeError", message: /^must be one of/ },
      text,
    );
  }
  assert.throws(() => parseLevels("info,warn"), /^RangeError: names the level of everything twice/);
  assert.throws(() => parseLevels("a=info,a=info"), /names the level of a twice/);
});
