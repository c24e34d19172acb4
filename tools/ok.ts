/** `deno task ok`: everything that can be said about the code without running whole processes. */
import { moduleGraph } from "./house/module_graph.ts";
import { root } from "./house/root.ts";
import { sources } from "./house/sources.ts";
import { NOTHING, type Outcome, sum, summary } from "./testing/outcome.ts";
import { runUnitTests } from "./testing/unit_tests.ts";

const graph = moduleGraph(sources(root));

/** Counted as one test that passed or failed. */
async function check(name: string, problem: Promise<string | null>): Promise<Outcome> {
  const text = await problem;
  console.log(`${text === null ? "ok    " : "FAILED"} ${name}`);
  if (text === null) return { ...NOTHING, passed: 1 };
  console.log(text);
  return { ...NOTHING, failed: [name] };
}

async function deno(...args: string[]): Promise<string | null> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: root })
    .output();
  const decoder = new TextDecoder();
  return success ? null : decoder.decode(stdout) + decoder.decode(stderr);
}

const outcome = sum([
  ...await Promise.all([
    check("format", deno("fmt", "--check")),
    check("lint", deno("lint")),
    check("documents", deno("run", "-A", "tools/check_docs.ts")),
    check("rules of the house", deno("run", "-A", "tools/check_imports.ts")),
    check("generated reference", deno("run", "-A", "tools/write_reference.ts", "--check")),
    check("types", deno("check", "--quiet", ".")),
  ]),
  await runUnitTests(root, graph),
]);
for (const name of outcome.failed) console.error(`FAILED ${name}`);
console.log(summary(outcome));
/** tests/run reads the outcome from here. */
const report = Deno.env.get("RELAY_TEST_OUTCOME");
if (report) await Deno.writeTextFile(report, JSON.stringify(outcome));
if (outcome.failed.length > 0) Deno.exit(1);
