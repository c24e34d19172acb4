import assert from "node:assert/strict";
import { fuzz } from "./fuzzer.ts";
import { TARGETS } from "./targets.ts";

const INPUTS = 20_000;

Deno.test("every target has a name of its own", () => {
  assert.equal(new Set(TARGETS.map((target) => target.name)).size, TARGETS.length);
});

for (const target of TARGETS) {
  Deno.test(`${target.name}: what it starts from is valid`, () => {
    for (const input of target.corpus()) assert.match(target.run(input), /^ok\b/);
  });

  Deno.test(`${target.name}: ${INPUTS} random and mutated inputs break no promise`, () => {
    const report = fuzz(target, { seed: 20_000, enough: (inputs) => inputs >= INPUTS });
    if (report.failure !== null) {
      const hex = Array.from(report.failure.input, (byte) => byte.toString(16).padStart(2, "0"));
      assert.fail(`input ${hex.join("")}: ${report.failure.error}`);
    }
    assert.ok(report.inputs >= INPUTS);
    assert.ok((report.outcomes.get("ok") ?? 0) > 0, "no input was accepted");
    assert.ok(report.outcomes.size > 1, "no input was refused");
  });
}
