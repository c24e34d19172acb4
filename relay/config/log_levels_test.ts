import assert from "node:assert/strict";
import { logLevels } from "./log_levels.ts";

Deno.test("a log level is one word, with overrides for areas", () => {
  for (
    const text of ["error", "warn", "info", "debug", "info,quic=debug", "a.b_2=warn", "a=info,warn"]
  ) {
    assert.deepEqual(logLevels.read(text), { value: text });
  }
  assert.deepEqual(logLevels.read(" info , quic=debug"), { value: "info,quic=debug" });
});

Deno.test("other levels and shapes are refused", () => {
  for (
    const raw of [
      "",
      "loud",
      "info,",
      "quic=loud",
      "=info",
      "quic=",
      "a=b=info",
      "INFO",
      "a..b=info",
      3,
      null,
    ]
  ) {
    assert.ok("problems" in logLevels.read(raw), String(raw));
  }
});

Deno.test("a level named twice is refused by name", () => {
  const twice = (text: string) => {
    const reading = logLevels.read(text);
    return "problems" in reading && reading.problems[0]?.text;
  };
  assert.equal(twice("info,warn"), "names the level of everything twice");
  assert.equal(twice("quic=info,quic=info"), "names the level of quic twice");
});
