/** The unit tests: every `*_test.ts` that is not in a folder of whole-process tests. */
import { type ModuleGraph } from "../house/module_graph.ts";
import { isTest } from "../house/rules.ts";
import { judgeSkips } from "../../tests/harness/skips.ts";
import type { Outcome } from "./outcome.ts";
import { runTests } from "./test_process.ts";

/** Unit tests have 3 minutes on two cores; the rest is for busy machines. */
const LIMIT_MS = 300_000;

export function unitTestFiles(graph: ModuleGraph): string[] {
  return [...graph.keys()].filter((path) =>
    isTest(path) && (!path.startsWith("tests/") || path.startsWith("tests/harness/"))
  );
}

/** Runs those whose path contains one of `wanted`, or all. A skip without a reason is a failure. */
export async function runUnitTests(
  root: string,
  graph: ModuleGraph,
  wanted: readonly string[] = [],
): Promise<Outcome> {
  const files = unitTestFiles(graph).filter((path) =>
    wanted.length === 0 || wanted.some((part) => path.includes(part))
  );
  const run = { name: "unit", files, root, limitMs: LIMIT_MS, parallel: true };
  return judgeSkips(await runTests(run, graph), { mustBeComplete: false });
}
