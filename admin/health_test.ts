import assert from "node:assert/strict";
import { buildApp } from "./app.ts";
import { healthRoutes } from "./health.ts";
import { TestingRelay } from "./testing_host.ts";

async function ask(relay: TestingRelay, path: string) {
  const caller = { source: { ip: "127.0.0.1", port: 5 }, scope: "read" };
  const response = await buildApp(relay.host(), [healthRoutes]).request(path, {}, { caller });
  return { status: response.status, body: await response.json() };
}

Deno.test("a relay that serves is alive and ready and says which build it is", async () => {
  const relay = new TestingRelay();
  assert.deepEqual(await ask(relay, "/healthz"), { status: 200, body: { status: "ok" } });
  assert.deepEqual(await ask(relay, "/readyz"), { status: 200, body: { status: "ready" } });
  const { body } = await ask(relay, "/version");
  assert.equal(body.build, "0123abc");
});

Deno.test("a relay that drains, is full or misconfigured is alive and not ready, and says why", async () => {
  const relay = new TestingRelay();
  relay.state = { life: "draining", full: true, misconfigured: ["a.toml:3: no"] };
  const { status, body } = await ask(relay, "/readyz");
  assert.equal(status, 503);
  assert.equal(body.code, "not_ready");
  assert.deepEqual(body.reasons.map((reason: { code: string }) => reason.code), [
    "draining",
    "full",
    "misconfigured",
  ]);
  assert.equal(body.reasons[2].detail, "a.toml:3: no");
  assert.equal((await ask(relay, "/healthz")).status, 200);
});
