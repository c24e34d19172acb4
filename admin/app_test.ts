import assert from "node:assert/strict";
import { Hono } from "hono";
import { buildApp } from "./app.ts";
import type { AdminEnv, Scope } from "./guard/caller.ts";
import { operating } from "./guard/operating.ts";
import { Problem } from "./problem.ts";
import { TestingRelay } from "./testing_host.ts";

function site() {
  const relay = new TestingRelay();
  const host = relay.host();
  const app = buildApp(host, [() => {
    const part = new Hono<AdminEnv>();
    part.get("/rooms/:name", (context) => context.text(context.req.param("name")));
    part.post("/kick", (context) => {
      context.set("audit", { session: "0011" });
      return context.json({ ok: true });
    });
    part.delete("/taps/:id", () => {
      throw new Problem("conflict", { detail: "Not now." });
    });
    part.post("/crash", () => {
      throw new Error("0123456789 inner secret");
    });
    part.get("/tap", operating(host), (context) => context.text("tapped"));
    part.get("/files/*", (context) => context.text("file"));
    return part;
  }]);
  const ask = async (
    method: string,
    path: string,
    scope: Scope = "read",
    headers: Record<string, string> = {},
  ) => {
    const caller = { source: { ip: "127.0.0.1", port: 5 }, scope };
    const response = await app.request(`http://localhost:4433${path}`, { method, headers }, {
      caller,
    });
    const text = await response.text();
    const problem = response.headers.get("content-type") === "application/problem+json";
    return { status: response.status, text, response, code: problem ? JSON.parse(text).code : "" };
  };
  return { relay, ask };
}

const JSON_BODY = { "content-type": "application/json" };
const audits = (relay: TestingRelay) => relay.lines.filter(({ area }) => area === "audit");

Deno.test("paths that are not there are 404, methods that are not are 405 and say which are", async () => {
  const { ask } = site();
  for (const path of ["/", "/rooms", "/rooms/a/b", "/kick/", "/constructor"]) {
    assert.equal((await ask("GET", path)).code, "not_found", path);
  }
  const posted = await ask("POST", "/rooms/a");
  assert.deepEqual([posted.status, posted.code], [405, "method_not_allowed"]);
  assert.equal(posted.response.headers.get("allow"), "GET, HEAD");
  assert.equal((await ask("GET", "/kick")).response.headers.get("allow"), "POST");
  assert.equal((await ask("OPTIONS", "/kick")).status, 405);
  assert.equal((await ask("HEAD", "/rooms/a")).status, 200);
  assert.equal((await ask("GET", "/files/a/b.js")).text, "file");
});

Deno.test("operating needs the scope, a JSON body and no other site, and leaves a line", async () => {
  const { relay, ask } = site();
  assert.equal((await ask("POST", "/kick", "read", JSON_BODY)).code, "unauthorized");
  assert.equal(
    (await ask("POST", "/kick", "read", { ...JSON_BODY, authorization: "Bearer x" })).code,
    "operate_needed",
  );
  assert.equal((await ask("POST", "/kick", "operate")).code, "unsupported_media_type");
  for (const type of ["text/plain", "application/jsonp", "application/x-www-form-urlencoded"]) {
    const { code } = await ask("POST", "/kick", "operate", { "content-type": type });
    assert.equal(code, "unsupported_media_type", type);
  }
  for (const site of ["cross-site", "same-site", "none", "same-origin, cross-site"]) {
    const { code } = await ask("POST", "/kick", "operate", {
      ...JSON_BODY,
      "sec-fetch-site": site,
    });
    assert.equal(code, "cross_site", site);
  }
  assert.deepEqual(audits(relay), []);
  assert.equal(relay.lines.every(({ message }) => message === "operation refused"), true);
  const good = {
    "content-type": "application/json; charset=utf-8",
    "sec-fetch-site": "same-origin",
  };
  assert.equal((await ask("POST", "/kick", "operate", good)).status, 200);
  assert.deepEqual(audits(relay).map(({ message, fields }) => ({ message, fields })), [{
    message: "operation",
    fields: {
      by: { ip: "127.0.0.1", port: 5 },
      what: "POST /kick",
      session: "0011",
      outcome: "ok",
    },
  }]);
});

Deno.test("an operation that fails leaves its line too, and a fault tells the caller nothing", async () => {
  const { relay, ask } = site();
  assert.equal((await ask("DELETE", "/taps/1", "operate", JSON_BODY)).code, "conflict");
  const crash = await ask("POST", "/crash", "operate", JSON_BODY);
  assert.deepEqual([crash.status, crash.code], [500, "internal"]);
  assert(!crash.text.includes("secret"));
  assert.deepEqual(audits(relay).map(({ fields }) => fields["outcome"]), ["conflict", "500"]);
  assert.equal(relay.faults.length, 1);
});

Deno.test("a GET that watches people needs an operator, and no body", async () => {
  const { relay, ask } = site();
  assert.equal((await ask("GET", "/tap")).code, "unauthorized");
  assert.equal((await ask("GET", "/tap", "operate")).text, "tapped");
  assert.equal(audits(relay).length, 1);
});
