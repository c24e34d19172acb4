/** Fails when a document names what does not exist; prints each breach with its place. */
import { clientHelp } from "../client/arguments.ts";
import { helpText } from "../relay/config/mod.ts";
import { NOT_HERE } from "../relay/config/not_here.ts";
import { relaySchema } from "../relay/config/relay_schema.ts";
import { entriesOf } from "../relay/config/schema.ts";
import { type Definition, DEFINITIONS } from "../relay/counters/definitions.ts";
import { documentBreaches, OPERATOR_DOCUMENTS } from "./house/document_rules.ts";
import { Messages, quoteBreaches } from "./house/quote_rules.ts";
import { root } from "./house/root.ts";
import { isTest } from "./house/rules.ts";
import { sources } from "./house/sources.ts";

/** Folders that hold nothing of ours. */
const SKIPPED = [".git", "node_modules", "build", "coverage", "tests/out"];

const paths = new Set<string>();
const documents = new Map<string, string>();
visit("");

const entries = entriesOf(relaySchema);
const problems = documentBreaches(documents, {
  paths,
  flags: new Map([
    ["wzp-relay", flagsIn(helpText())],
    ["wzp-relay client", flagsIn(clientHelp())],
    ["compile.sh", flagsIn(read("compile.sh"))],
    ["tests/run", flagsIn(read("tests/harness/run.ts")).add("--help")],
  ]),
  keys: new Set([
    ...entries.map(({ name }) => name),
    ...NOT_HERE.flatMap(({ key }) => key ?? []),
    ...Object.values<Definition>(DEFINITIONS).flatMap((definition) => [
      definition.name,
      ...definition.shape === "fixed" ? definition.values : [],
    ]),
  ]),
  variables: new Set([
    "WZP_CONFIG",
    ...entries.flatMap(({ variable, key }) =>
      key.secret ? [variable, `${variable}_FILE`] : variable
    ),
  ]),
});
for (const missing of OPERATOR_DOCUMENTS.filter((path) => !documents.has(path))) {
  problems.push({ path: missing, line: 0, message: "does not exist" });
}
const messages = new Messages(
  [...sources(root)]
    .filter(([path]) =>
      /^(?:proto|quic|relay|federation|admin|client|tools\/build)\//.test(path) && !isTest(path)
    )
    .map(([, text]) => text),
);
for (const path of OPERATOR_DOCUMENTS) {
  problems.push(...quoteBreaches(path, documents.get(path) ?? "", messages));
}
for (const { path, line, message } of problems) console.error(`${path}:${line}: ${message}`);
if (problems.length > 0) Deno.exit(1);
console.log(`Checked ${documents.size} documents`);

function visit(folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(`${root}/${folder}`)) {
    const path = `${folder}${name}`;
    if (SKIPPED.includes(path)) continue;
    paths.add(isDirectory ? `${path}/` : path);
    if (isDirectory) visit(`${path}/`);
    else if (name.endsWith(".md")) documents.set(path, read(path));
  }
}

function read(path: string): string {
  return Deno.readTextFileSync(`${root}/${path}`);
}

function flagsIn(text: string): Set<string> {
  return new Set(text.match(/(?<![\w-])--[a-z][a-z0-9-]*/g));
}
