import assert from "node:assert/strict";
import { buildApp } from "./app.ts";
import { consoleRoutes } from "./console.ts";
import type { ConsoleParts } from "./console_parts.ts";
import { TestingRelay } from "./testing_host.ts";

const PARTS: ConsoleParts = { html: "<!doctype html>", js: "let a;", css: "a{}", icon: "<svg/>" };

function asking(parts: ConsoleParts | null) {
  const app = buildApp(new TestingRelay().host(), [(host) => consoleRoutes(host, () => parts)]);
  const caller = { source: { ip: "127.0.0.1", port: 1 }, scope: "read" as const };
  return (path: string, headers: Record<string, string> = {}) =>
    app.request(`http://localhost${path}`, { headers }, { caller });
}

Deno.test("the parts of the console are served with their types", async () => {
  const ask = asking(PARTS);
  for (
    const [path, type, text] of [
      ["/", "text/html; charset=utf-8", PARTS.html],
      ["/console.js", "text/javascript; charset=utf-8", PARTS.js],
      ["/console.css", "text/css; charset=utf-8", PARTS.css],
      ["/icon.svg", "image/svg+xml", PARTS.icon],
    ] as const
  ) {
    const response = await ask(path);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("content-type"), type);
    assert.equal(await response.text(), text);
  }
});

Deno.test("a browser that has a part already is told so, and asks each time", async () => {
  const ask = asking(PARTS);
  const first = await ask("/console.js");
  const tag = first.headers.get("etag")!;
  assert.equal(first.headers.get("cache-control"), "no-cache");
  assert.equal((await ask("/console.js", { "if-none-match": tag })).status, 304);
  assert.equal((await ask("/console.css", { "if-none-match": tag })).status, 200);
});

Deno.test("without a build a sentence says how to make one", async () => {
  const response = await asking(null)("/");
  assert.equal(response.status, 503);
  assert.match(
    await response.text(),
    /not built\. Run `tools\/deno run -A tools\/build\/console\.ts`/,
  );
});
