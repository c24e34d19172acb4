import assert from "node:assert/strict";
import { prefersJson } from "./accept.ts";

Deno.test("JSON is chosen where it is named with more weight than text", () => {
  const json = [
    "application/json",
    "Application/JSON;q=0.5",
    "text/plain;q=0.4, application/json;q=0.5",
    "text/html, application/json, */*",
  ];
  const text = [
    undefined,
    "*/*",
    "text/plain",
    "text/plain, application/json",
    "application/json;q=0",
    "application/json;q=x",
    "application/jsonp",
    ",;,",
  ];
  for (const accept of json) assert.equal(prefersJson(accept), true, accept);
  for (const accept of text) assert.equal(prefersJson(accept), false, accept);
});
