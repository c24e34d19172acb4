/** `deno task test [PART OF A PATH ...]`: runs the unit tests, all or those whose path contains a part. */
import { moduleGraph } from "./house/module_graph.ts";
import { root } from "./house/root.ts";
import { sources } from "./house/sources.ts";
import { summary } from "./testing/outcome.ts";
import { runUnitTests } from "./testing/unit_tests.ts";

const outcome = await runUnitTests(root, moduleGraph(sources(root)), Deno.args);
for (const name of outcome.failed) console.error(`FAILED ${name}`);
console.log(summary(outcome));
if (outcome.failed.length > 0 || outcome.passed === 0) Deno.exit(1);
