/** Tests that need something this machine may lack: they are skipped for a printed reason, or fail where they must run. */
import type { Outcome } from "../../tools/testing/outcome.ts";

/** Registers a test that runs unless there is a `reason` against it. */
export function testUnless(
  reason: string | null,
  name: string,
  run: () => void | Promise<void>,
): void {
  if (reason === null) Deno.test(name, run);
  else if (mustRun()) Deno.test(name, () => Promise.reject(new Error(`Cannot run: ${reason}`)));
  else Deno.test({ name: `${name} (skipped: ${reason})`, ignore: reason !== null, fn: run });
}

/** In CI as root everything can be had, so that a missing part is a failure. */
function mustRun(): boolean {
  return Deno.env.get("CI") === "true" && Deno.uid() === 0;
}

/** Turns skips into failures: those without a reason, and all where nothing may be skipped. */
export function judgeSkips(
  outcome: Outcome,
  { mustBeComplete }: { mustBeComplete: boolean },
): Outcome {
  const allowed = (name: string) => !mustBeComplete && /\(skipped: .+\)$/.test(name);
  const refused = outcome.skipped.filter((name) => !allowed(name));
  return {
    passed: outcome.passed,
    failed: [
      ...outcome.failed,
      ...refused.map((name) =>
        `${name}: skipped ${mustBeComplete ? "in CI as root" : "without a reason"}`
      ),
    ],
    skipped: outcome.skipped.filter(allowed),
  };
}
