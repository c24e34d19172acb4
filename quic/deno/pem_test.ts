import assert from "node:assert/strict";
import { toPem } from "./pem.ts";

Deno.test("PEM has lines of 64 characters and holds the same bytes", () => {
  for (const size of [1, 47, 48, 49, 96, 289]) {
    const der = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
    const lines = toPem("PRIVATE KEY", der).split("\n");
    assert.equal(lines.shift(), "-----BEGIN PRIVATE KEY-----");
    assert.equal(lines.pop(), "");
    assert.equal(lines.pop(), "-----END PRIVATE KEY-----");
    assert.equal(lines.length, Math.ceil(size / 48));
    assert.ok(lines.slice(0, -1).every((line) => line.length === 64));
    assert.deepEqual(Uint8Array.from(atob(lines.join("")), (char) => char.charCodeAt(0)), der);
  }
});
