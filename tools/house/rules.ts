/** The rules of the house: who may import whom and what a source file may look like. */
import { blankComments, cycles, type Module, type ModuleGraph } from "./module_graph.ts";

export interface Problem {
  readonly path: string;
  /** 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

interface Room {
  /** Folders or files of ours, besides the room itself. `*` is everything. */
  readonly imports: readonly string[];
  /** npm packages. `*` is every package of package.json. */
  readonly packages: readonly string[];
  /** Files that alone may import `node:` modules; without it all may. */
  readonly nodeOnlyIn?: readonly string[];
  /** Whether files other than tests must not touch the `Deno` object, nor fetch time or randomness themselves. */
  readonly pure?: boolean;
}

/** Most specific name first. */
const ROOMS: readonly (readonly [string, Room])[] = [
  ["main.ts", { imports: ["relay/start.ts", "client"], packages: [] }],
  ["proto", {
    imports: [],
    packages: [],
    nodeOnlyIn: ["proto/node_crypto.ts"],
    pure: true,
  }],
  ["http", { imports: [], packages: [] }],
  ["quic", { imports: ["proto"], packages: ["@matrixai/quic"] }],
  ["relay/start.ts", { imports: ["*"], packages: [] }],
  ["relay", {
    imports: ["proto", "quic", "http"],
    packages: ["smol-toml", "toml-eslint-parser"],
  }],
  ["federation", { imports: ["proto", "quic", "relay/ports"], packages: [] }],
  ["discovery", { imports: ["proto", "http", "relay/ports"], packages: [] }],
  ["udp_relay", { imports: ["relay/ports"], packages: [] }],
  ["admin", {
    imports: ["relay/ports"],
    packages: ["hono", "prom-client", "preact", "@preact/signals"],
  }],
  ["client", { imports: ["proto", "quic", "http"], packages: ["opusscript"] }],
  ["tools", { imports: ["*"], packages: ["*"] }],
  ["tests", { imports: ["*"], packages: ["*"] }],
  ["bench", { imports: ["*"], packages: ["*"] }],
];

/** What a test may import besides what its folder may; built-in modules too, since every test runs in Deno. */
const TEST_PACKAGES = ["fast-check"];
/** Named like a test, but part of the program. */
const NOT_TESTS = ["relay/self_test.ts"];

/** Names that say nothing of what is inside. */
const EMPTY_NAMES = /(?:^|[/_])(?:utils?|helpers?|misc|manager2)(?=[/_.])/;

const MAX_LINES = 400;
const MAX_MAIN_LINES = 25;

/** Everything in the graph that breaks a rule, in order of path and line. */
export function breaches(graph: ModuleGraph): Problem[] {
  const problems = [...graph.values()].flatMap((module) => [
    ...importBreaches(module),
    ...textBreaches(module),
  ]);
  for (const ring of cycles(graph)) {
    problems.push({ path: ring[0]!, line: 0, message: `import cycle: ${ring.join(" -> ")}` });
  }
  return problems.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line);
}

function importBreaches({ path, imports, unreadable }: Module): Problem[] {
  if (path.endsWith(".sh")) return [];
  const found = ROOMS.find(([name]) => path === name || path.startsWith(`${name}/`));
  if (found === undefined) {
    return [{ path, line: 0, message: "belongs to no folder of the architecture" }];
  }
  const [name, room] = found;
  const problems = unreadable.map((line) => ({
    path,
    line,
    message: "import() of something that is not a plain string cannot be checked",
  }));
  for (const { specifier, line, target } of imports) {
    const allowed = target === null
      ? mayImportPackage(room, path, specifier)
      : mayImportFile(room, name, target);
    if (!allowed) problems.push({ path, line, message: `${name} may not import ${specifier}` });
  }
  return problems;
}

function mayImportFile(room: Room, name: string, target: string): boolean {
  const folder = name.replace(/\/start\.ts$/, "");
  return [folder, ...room.imports].some((allowed) =>
    allowed === "*" || target === allowed || target.startsWith(`${allowed}/`)
  );
}

function mayImportPackage(room: Room, path: string, specifier: string): boolean {
  if (isTest(path) && TEST_PACKAGES.includes(specifier)) return true;
  if (specifier.startsWith("node:")) {
    return isTest(path) || room.nodeOnlyIn === undefined || room.nodeOnlyIn.includes(path);
  }
  return room.packages.some((allowed) =>
    allowed === "*" || specifier === allowed || specifier.startsWith(`${allowed}/`)
  );
}

/** Whether a file is a unit test beside what it tests. */
export function isTest(path: string): boolean {
  return path.endsWith("_test.ts") && !NOT_TESTS.includes(path);
}

/** Ways around the linter and the compiler, and tests that are not run. Spelled so as not to match themselves. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/deno-lint-ignore-file/, "no linter rule is switched off for a whole file"],
  [/@ts-(?:ignore|nocheck)/, "the compiler is not told to look away"],
  [/\.only\(|\bonly: true/, "a single test left selected hides all others"],
  [/\.ignore\(|\bignore: true/, "a test is skipped only for a reason that is printed"],
  [/deno-lint-ignore .*no-explicit-any|\bas any\b/, "no any: unknown, and a check"],
  // deno-lint-ignore no-control-regex
  [/[^\x00-\x7f]/, "source is ASCII"],
];
/** What a room that is pure does without. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\bDeno\./, "runs in browsers too: no Deno object"],
  [
    /\bMath\.random\b|\bDate\.now\b|\bperformance\.now\b|\bnew Date\b/,
    "time and randomness are given as parameters",
  ],
];

/** The rules themselves and their examples. */
const MAY_SPELL_IT = ["tools/house/rules.ts", "tools/house/rules_test.ts"];

function textBreaches({ path, text }: Module): Problem[] {
  const problems: Problem[] = [];
  const lines = text.replace(/\n$/, "").split("\n");
  const most = path === "main.ts" ? MAX_MAIN_LINES : MAX_LINES;
  if (lines.length > most) {
    problems.push({ path, line: 0, message: `${lines.length} lines, the most is ${most}` });
  }
  if (EMPTY_NAMES.test(path)) {
    problems.push({ path, line: 0, message: "is named after no concept" });
  }
  if (path.endsWith(".ts") && !path.endsWith("_test.ts") && !text.startsWith("/**")) {
    problems.push({ path, line: 1, message: "begins with a comment on what the file is for" });
  }
  if (!MAY_SPELL_IT.includes(path)) {
    for (const [index, line] of lines.entries()) {
      for (const [pattern, message] of FORBIDDEN) {
        if (pattern.test(line)) problems.push({ path, line: index + 1, message });
      }
    }
  }
  const room = ROOMS.find(([name]) => path.startsWith(`${name}/`))?.[1];
  if (room?.pure && !isTest(path)) {
    for (const [index, line] of blankComments(text).split("\n").entries()) {
      for (const [pattern, message] of IMPURE) {
        if (pattern.test(line)) problems.push({ path, line: index + 1, message });
      }
    }
  }
  return problems;
}

/** Versions in a `package.json` that leave a choice: what is built must not depend on the day. */
export function versionBreaches(manifest: string): Problem[] {
  const lists: Record<string, unknown> = JSON.parse(manifest);
  return ["dependencies", "devDependencies", "optionalDependencies"]
    .flatMap((list) => Object.entries(lists[list] ?? {}))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(String(version)))
    .map(([name, version]) => ({
      path: "package.json",
      line: 0,
      message: `${name} ${version} is not an exact version`,
    }));
}
