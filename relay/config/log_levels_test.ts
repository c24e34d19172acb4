import assert from "node:assert/strict";
import { logLevels } from "./log_levels.ts";
import { problemSentence } from "./sentences.ts";

Deno.test("a log level is one word, with overrides for areas", () => {
  for (
    const text of ["error", "warn", "info", "debug", "warn,accept=debug", "event_log=info,warn"]
  ) {
    assert.deepEqual(logLevels.read(text), { value: text });
  }
  assert.deepEqual(logLevels.read(" info , accept=debug"), { value: "info,accept=debug" });
});

function problem(raw: unknown): string {
  const reading = logLevels.read(raw);
  assert.ok("problems" in reading, String(raw));
  return problemSentence("log_level", reading.problems[0]!, false);
}

Deno.test("other levels and shapes are refused, and repeated", () => {
  const texts = ["", "loud", "info,", "relay=loud", "=info", "relay=", "a=b=info", "INFO"];
  for (const raw of [...texts, 3, null]) {
    const text = problem(raw);
    assert.match(text, /^log_level must be one of error, /);
    assert.ok(text.endsWith(`"warn,accept=debug", not ${JSON.stringify(raw)}`), text);
  }
});

Deno.test("a level named twice is refused by name, an unknown area with the nearest one", () => {
  assert.equal(problem("info,warn"), "log_level names the level of everything twice");
  assert.equal(problem("relay=info,relay=info"), "log_level names the level of relay twice");
  assert.equal(
    problem("warn,accpet=debug"),
    "log_level names an unknown area accpet; the nearest known area is accept",
  );
});
