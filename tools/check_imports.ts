/** Fails when a source file or package.json breaks a rule of the house; prints each breach with its place. */
import { moduleGraph } from "./house/module_graph.ts";
import { breaches, versionBreaches } from "./house/rules.ts";
import { root } from "./house/root.ts";
import { sources } from "./house/sources.ts";

const graph = moduleGraph(sources(root));
const manifest = Deno.readTextFileSync(`${root}/package.json`);
const problems = [...breaches(graph), ...versionBreaches(manifest)];
for (const { path, line, message } of problems) console.error(`${path}:${line}: ${message}`);
if (problems.length > 0) Deno.exit(1);
console.log(`Checked ${graph.size} source files`);
