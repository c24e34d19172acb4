import assert from "node:assert/strict";
import inspector from "node:inspector";
import { shutDebugger } from "./debugger_guard.ts";

Deno.test("a debugger that opens while the guard watches is shut", async () => {
  const guard = shutDebugger();
  inspector.open(0, "127.0.0.1");
  assert.equal(await guard, true);
  assert.equal(inspector.url(), undefined);
});

Deno.test("the guard gives up when no debugger opens", async () => {
  assert.equal(await shutDebugger(), false);
});
