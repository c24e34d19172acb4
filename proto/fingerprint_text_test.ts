import assert from "node:assert/strict";
import { isFingerprintText, MAX_FINGERPRINT_LENGTH } from "./fingerprint_text.ts";

Deno.test("fingerprints and other plain names may be keys, text that could mislead a reader may not", () => {
  const good = ["518e:b935:62fa:9e34:e59c:28b6:7fc2:d384", "user-1@example.org", "__proto__"];
  for (const text of [...good, "a".repeat(MAX_FINGERPRINT_LENGTH)]) {
    assert(isFingerprintText(text), text);
  }
  const bad = ["", " ", "a b", "a\nb", "a\n", "\x1b[2J", "\x7f", "\u00e9", "\u202e", "\ud800"];
  for (const text of [...bad, "a".repeat(MAX_FINGERPRINT_LENGTH + 1)]) {
    assert(!isFingerprintText(text), JSON.stringify(text));
  }
});
