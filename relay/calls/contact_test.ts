import assert from "node:assert/strict";
import { boundedAlias, boundedContact } from "./contact.ts";

Deno.test("addresses pass unchanged, and what is too long to be one does not", () => {
  const long = "1".repeat(65);
  assert.deepEqual(boundedContact("192.0.2.1:1", ["[fe80::1]:2", long, "10.0.0.1:3"]), {
    reflexive: "192.0.2.1:1",
    local: ["[fe80::1]:2", "10.0.0.1:3"],
  });
  assert.deepEqual(boundedContact(long, []), { reflexive: null, local: [] });
  assert.equal(boundedContact(null, Array(1_000).fill("10.0.0.1:1")).local.length, 32);
});

Deno.test("an alias is cut to 64 characters, whole ones", () => {
  assert.equal(boundedAlias("Alice"), "Alice");
  assert.equal(boundedAlias(""), null);
  assert.equal(boundedAlias(null), null);
  assert.equal(boundedAlias("x".repeat(1_000_000)), "x".repeat(64));
  const face = "\u{1f600}";
  assert.equal(boundedAlias(face.repeat(100)), face.repeat(64));
  assert.ok(boundedAlias("x" + face.repeat(100))!.isWellFormed());
});
