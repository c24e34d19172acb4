import assert from "node:assert/strict";
import fc from "fast-check";
import { visibleText } from "./visible_text.ts";

Deno.test("letters of all languages stay, what could move a terminal's cursor or turn text does not", () => {
  assert.equal(visibleText("J\u00f6rg \u{1f600} \u4e2d"), "J\u00f6rg \u{1f600} \u4e2d");
  assert.equal(visibleText("a\x1b[2Jb\u202ec\u200bd\ne\u00a0f\x9bg"), "a?[2Jb?c?d?e?f?g");
  assert.equal(visibleText("abcdef", 3), "abc...");
});

Deno.test("no text brings control characters through", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.doesNotMatch(visibleText(text), /\p{C}/u);
  }));
});
