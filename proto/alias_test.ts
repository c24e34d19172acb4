import assert from "node:assert/strict";
import { boundedAlias, MAX_ALIAS_LENGTH } from "./alias.ts";

Deno.test("an alias is passed as it is up to its greatest length", () => {
  for (const alias of [null, "", "Alice", "<b>\u0001", "x".repeat(MAX_ALIAS_LENGTH)]) {
    assert.equal(boundedAlias(alias), alias);
  }
  assert.equal(boundedAlias("x".repeat(70_000))!.length, MAX_ALIAS_LENGTH);
});

Deno.test("no character is cut in half", () => {
  for (let before = 60; before < 66; before++) {
    const bounded = boundedAlias("x".repeat(before) + "\u{1f600}".repeat(5))!;
    assert(bounded.isWellFormed() && bounded.length <= MAX_ALIAS_LENGTH);
    assert(bounded.length >= MAX_ALIAS_LENGTH - 1);
  }
});
