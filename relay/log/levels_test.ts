import assert from "node:assert/strict";
import { LOG_AREAS } from "./areas.ts";
import { parseLevels, passes, thresholdOf } from "./levels.ts";

Deno.test("a level holds everywhere except where an area has its own", () => {
  const rules = parseLevels("warn, accept=debug,event_log=error");
  assert.equal(thresholdOf(rules, "relay"), "warn");
  assert.equal(thresholdOf(rules, "accept"), "debug");
  assert.equal(thresholdOf(rules, "event_log"), "error");
});

Deno.test("overrides alone leave info everywhere else", () => {
  assert.equal(thresholdOf(parseLevels("accept=debug"), "relay"), "info");
});

Deno.test("a level lets through itself and what is graver", () => {
  assert(passes("info", "info") && passes("error", "info") && !passes("debug", "info"));
});

Deno.test("what is not a level is refused and repeated, and so is naming one twice", () => {
  const unknown = ["loud", "info,accept=loud", "", "INFO", "=info", "relay=", "constructor"];
  for (const text of unknown) {
    assert.throws(() => parseLevels(text), (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, /^must be one of/);
      return error.message.endsWith(`, not ${JSON.stringify(text)}`);
    }, text);
  }
  assert.throws(() => parseLevels("info,warn"), /^RangeError: names the level of everything twice/);
  assert.throws(
    () => parseLevels("relay=info,relay=info"),
    /^RangeError: names the level of relay twice/,
  );
});

Deno.test("an area that does not exist is refused and the nearest one named", () => {
  for (
    const [area, best] of [["accpet", "accept"], ["Rooms", "rooms"], ["call", "calls"]] as const
  ) {
    assert.throws(() => parseLevels(`info,${area}=debug`), {
      name: "RangeError",
      message: `names an unknown area ${area}; the nearest known area is ${best}`,
    });
  }
});

Deno.test("an area that is near to none is refused with all there are", () => {
  for (const area of ["foo", "quic"]) {
    assert.throws(() => parseLevels(`${area}=debug`), {
      name: "RangeError",
      message: `names an unknown area ${area}; the known areas are ${LOG_AREAS.join(", ")}`,
    });
  }
});
