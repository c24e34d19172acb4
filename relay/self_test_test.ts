/** The self test sees a platform that works, and one that does not. */
import assert from "node:assert/strict";
import { selfTest } from "./self_test.ts";

Deno.test("every part of the platform works and has its line", async () => {
  const lines: string[] = [];
  assert.equal(await selfTest((line) => lines.push(line)), true);
  assert.deepEqual(lines, ["worker: ok", "wasm: ok", "udp: ok", "ed25519: ok"]);
});

Deno.test("a part that fails is named and makes the whole fail", async () => {
  const lines: string[] = [];
  const instantiate = WebAssembly.instantiate;
  try {
    WebAssembly.instantiate = () => Promise.reject<never>(new Error("no room"));
    assert.equal(await selfTest((line) => lines.push(line)), false);
  } finally {
    WebAssembly.instantiate = instantiate;
  }
  assert.deepEqual(lines, ["worker: ok", "wasm: failed: no room", "udp: ok", "ed25519: ok"]);
});
