import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRelayRecord } from "../../proto/registry_record.ts";
import { relayRegion } from "./region.ts";
import { problemSentence } from "./sentences.ts";

/** Whether a registry finds nothing wrong with the region of a record. */
function isListed(region: unknown): boolean {
  const refused = parseRelayRecord({ name: "a", addr: "192.0.2.1:4433", region });
  assert.equal(typeof refused, "string");
  return refused !== "region is not up to 32 characters";
}

Deno.test("a region is taken exactly when every registry takes it", () => {
  const unit = fc.oneof(
    fc.constantFrom("|", "\u2028", "\u00ad", "\ud800", "e", "-", " "),
    fc.string(),
  );
  const regions = fc.array(unit, { minLength: 1, maxLength: 40 }).map((parts) => parts.join(""))
    .filter((text) => text !== "");
  fc.assert(
    fc.property(
      fc.oneof(regions, fc.string({ unit: "binary", minLength: 1, maxLength: 34 })),
      (region) => assert.equal("value" in relayRegion.read(region), isListed(region)),
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("a region may be 32 characters long, and is not longer, empty or divided", () => {
  for (const region of ["us-east", "x".repeat(32)]) {
    assert.deepEqual(relayRegion.read(region), { value: region });
    assert.ok(isListed(region));
  }
  for (const region of ["x".repeat(33), "a|b", "a\tb", "a\u202eb", "\ud800", "", 5, null]) {
    const reading = relayRegion.read(region);
    assert.ok("problems" in reading, String(region));
    assert.ok(
      problemSentence("region", reading.problems[0]!, false).startsWith(
        'region must be text of at most 32 characters, not empty, without "|" and without invisible ' +
          "characters, not ",
      ),
    );
  }
});
