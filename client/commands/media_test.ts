import assert from "node:assert/strict";
import fc from "fast-check";
import { stopText } from "./media.ts";

Deno.test("when a relay stops is told as a date, and any number that a relay may send is survived", () => {
  assert.equal(stopText(1_775_000_000_000), "the relay stops at 2026-03-31T23:33:20.000Z");
  assert.equal(stopText(2 ** 64), "the relay stops, at no time that there is");
  fc.assert(fc.property(fc.double(), (ms) => assert.match(stopText(ms), /^the relay stops/)));
});
