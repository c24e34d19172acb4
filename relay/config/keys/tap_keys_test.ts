import assert from "node:assert/strict";
import { loadConfig } from "../load.ts";
import { tapKeys } from "./tap_keys.ts";

Deno.test("debug_tap is a room as clients name it, or a star", () => {
  const { type } = tapKeys.debug_tap;
  assert.deepEqual(type.read("*"), { value: "*" });
  assert.deepEqual(type.read("General"), { value: "general" });
  assert.deepEqual(type.read("call-42"), { value: "call-42" });
  assert.deepEqual(type.read(null), { value: null });
  for (const raw of ["", "a b", "**", "general\n", 7, true]) {
    assert("problems" in type.read(raw), JSON.stringify(raw));
  }
});

Deno.test("the flags of the original set them", async () => {
  const args = ["--debug-tap", "*", "--event-log=~/events.jsonl"];
  const readFile = () => Promise.reject(new Error("there is none"));
  const result = await loadConfig({ args, env: { HOME: "/home/me" }, readFile });
  assert("config" in result, JSON.stringify(result));
  assert.equal(result.config.debug_tap, "*");
  assert.equal(result.config.event_log, "/home/me/events.jsonl");
});
