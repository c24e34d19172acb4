import assert from "node:assert/strict";
import { relayKeyOf, wireRelay } from "./relay_key.ts";

Deno.test("a relay is named by bare hex inside and in colon form on the wire", () => {
  const key = "0a".repeat(31) + "ff";
  assert.equal(wireRelay(key), "0a:".repeat(31) + "ff");
  for (const text of [key, key.toUpperCase(), wireRelay(key), ` ${wireRelay(key)}\n`]) {
    assert.equal(relayKeyOf(text), key);
  }
});

Deno.test("what is no fingerprint of a relay names none", () => {
  for (const text of ["", "0a", "zz".repeat(32), "0a:".repeat(32), "0a".repeat(33)]) {
    assert.equal(relayKeyOf(text), null);
  }
});
