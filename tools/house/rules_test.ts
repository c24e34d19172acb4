/** Every rule of the house, with an example that breaks it. */
import assert from "node:assert/strict";
import { moduleGraph } from "./module_graph.ts";
import { breaches, versionBreaches } from "./rules.ts";

/** Keeps the examples below from being taken for imports of this file. */
const imports = "import";

/** What is said about these files, as `path:line: message`; of those that begin as all should. */
function check(files: Record<string, string>): string[] {
  return breaches(moduleGraph(new Map(Object.entries(files))))
    .filter(({ message }) => !message.startsWith("begins with"))
    .map(({ path, line, message }) => `${path}:${line}: ${message}`);
}

Deno.test("what the table allows passes", () => {
  const files = {
    "main.ts":
      `import { start } from "./relay/start.ts";\nimport { run } from "./client/run.ts";\n`,
    "proto/a.ts": `import type { B } from "./b.ts";\n`,
    "proto/b.ts": "export interface B {}\n",
    "proto/b_test.ts":
      `import assert from "node:assert/strict";\nimport { createHash } from "node:crypto";\nimport fc from "fast-check";\n`,
    "proto/node_crypto.ts": `import { sign } from "node:crypto";\n`,
    "quic/a.ts":
      `import { b } from "../proto/b.ts";\nconst m = ${imports}("@matrixai/quic/x.js");\n`,
    "relay/start.ts": `import { a } from "../admin/a.ts";\nimport { b } from "./b.ts";\n`,
    "relay/b.ts": `import { parse } from "smol-toml";\nimport { a } from "../quic/a.ts";\n`,
    "federation/a.ts": `import type { P } from "../relay/ports/p.ts";\n`,
    "client/run.ts": `import { a } from "../quic/a.ts";\nimport os from "node:os";\n`,
    "tools/a.ts": `import { build } from "esbuild";\nimport { a } from "../relay/b.ts";\n`,
  };
  assert.deepEqual(check(files), []);
});

const FORBIDDEN_IMPORTS: readonly (readonly [string, string])[] = [
  ["main.ts", "./quic/a.ts"],
  ["main.ts", "smol-toml"],
  ["proto/a.ts", "../quic/a.ts"],
  ["proto/a.ts", "node:crypto"],
  ["proto/a.ts", "fast-check"],
  ["proto/a_test.ts", "../relay/a.ts"],
  ["proto/a_test.ts", "smol-toml"],
  ["quic/a.ts", "../relay/a.ts"],
  ["quic/a.ts", "smol-toml"],
  ["relay/a.ts", "../federation/a.ts"],
  ["relay/a.ts", "@matrixai/quic"],
  ["relay/self_test.ts", "fast-check"],
  ["relay/start_test.ts", "../federation/a.ts"],
  ["federation/a.ts", "../relay/rooms/a.ts"],
  ["discovery/a.ts", "../quic/a.ts"],
  ["udp_relay/a.ts", "../proto/a.ts"],
  ["admin/ui/a.ts", "../../quic/a.ts"],
  ["client/a.ts", "../relay/ports/a.ts"],
  ["client/a.ts", "https://example.org/a.ts"],
];

Deno.test("what the table does not allow is a breach with its place", () => {
  for (const [path, specifier] of FORBIDDEN_IMPORTS) {
    const room = path === "main.ts" ? path : path.split("/")[0];
    const expected = [`${path}:2: ${room} may not import ${specifier}`];
    assert.deepEqual(
      check({ [path]: `// A file.\nimport { a } from "${specifier}";\n` }),
      expected,
    );
  }
});

Deno.test("every form of import is seen", () => {
  const forms = [
    `import "../relay/a.ts";`,
    `import a, { type B } from "../relay/a.ts";`,
    `import type * as a from "../relay/a.ts";`,
    `import {\n  a, // of it\n  // and that\n  b,\n} from "../relay/a.ts";`,
    `export * from "../relay/a.ts";`,
    `export { a } from "../relay/a.ts";`,
    `const a = await ${imports}("../relay/a.ts");`,
    `type A = ${imports}("../relay/a.ts").A;`,
    `import text from "../relay/a.ts" with { type: "text" };`,
  ];
  for (const form of forms) {
    assert.deepEqual(check({ "proto/a.ts": form }), [
      "proto/a.ts:1: proto may not import ../relay/a.ts",
    ]);
  }
});

Deno.test("comments and text that look like imports are none", () => {
  const text = `/**\n * ${imports}("../relay/a.ts")\nimport "../relay/a.ts";\n */\n` +
    `// import "../relay/a.ts";\nconst a = 'import "../relay/a.ts";';\nconst b = import.meta.url;\n`;
  assert.deepEqual(check({ "proto/a.ts": text }), []);
});

Deno.test("an import whose target cannot be read is a breach", () => {
  assert.deepEqual(check({ "quic/a.ts": `const a = await ${imports}(name);\n` }), [
    "quic/a.ts:1: import() of something that is not a plain string cannot be checked",
  ]);
});

Deno.test("a cycle is found once, wherever it is entered, types included", () => {
  const files = {
    "proto/z.ts": `import { c } from "./c.ts";\n`,
    "proto/a.ts": `import { b } from "./b.ts";\n`,
    "proto/b.ts": `export { c } from "./c.ts";\n`,
    "proto/c.ts": `import type { A } from "./a.ts";\n`,
    "quic/a.ts": `import { a } from "./a.ts";\n`,
  };
  assert.deepEqual(check(files), [
    "proto/a.ts:0: import cycle: proto/a.ts -> proto/b.ts -> proto/c.ts -> proto/a.ts",
    "quic/a.ts:0: import cycle: quic/a.ts -> quic/a.ts",
  ]);
});

Deno.test("a file outside every folder is a breach", () => {
  assert.deepEqual(check({ "things/a.ts": "" }), [
    "things/a.ts:0: belongs to no folder of the architecture",
  ]);
});

Deno.test("a file has at most 400 lines, main.ts 25", () => {
  const lines = (count: number) => "// line\n".repeat(count);
  assert.deepEqual(check({ "quic/a.ts": lines(400), "main.ts": lines(25) }), []);
  assert.deepEqual(check({ "quic/a.ts": lines(401), "main.ts": lines(26), "a.sh": lines(401) }), [
    "a.sh:0: 401 lines, the most is 400",
    "main.ts:0: 26 lines, the most is 25",
    "quic/a.ts:0: 401 lines, the most is 400",
  ]);
});

Deno.test("ways around the checks are breaches", () => {
  const ways = {
    "// deno-lint-ignore-file no-explicit-any": "no linter rule is switched off for a whole file",
    "// @ts-ignore": "the compiler is not told to look away",
    "// @ts-nocheck": "the compiler is not told to look away",
    "Deno.test.only('a', () => {});": "a single test left selected hides all others",
    "Deno.test({ name: 'a', only: true });": "a single test left selected hides all others",
    "Deno.test.ignore('a', () => {});": "a test is skipped only for a reason that is printed",
    "Deno.test({ name: 'a', ignore: true });":
      "a test is skipped only for a reason that is printed",
    "// caf\u00e9": "source is ASCII",
  };
  for (const [text, message] of Object.entries(ways)) {
    assert.deepEqual(check({ "quic/a_test.ts": `\n${text}\n` }), [`quic/a_test.ts:2: ${message}`]);
  }
});

Deno.test("proto/ runs without Deno, its tests need not", () => {
  const text = "/** Not Deno.args. */\nconst a = Deno.args;\n";
  assert.deepEqual(check({ "proto/a.ts": text, "proto/a_test.ts": text }), [
    "proto/a.ts:2: runs in browsers too: no Deno object",
  ]);
});

Deno.test("proto/ is given time and randomness", () => {
  for (const call of ["Math.random()", "Date.now()", "performance.now()", "new Date()"]) {
    const text = `/** Not ${call}. */\nconst a = ${call};\n`;
    assert.deepEqual(check({ "proto/a.ts": text, "proto/a_test.ts": text, "quic/a.ts": text }), [
      "proto/a.ts:2: time and randomness are given as parameters",
    ]);
  }
});

Deno.test("any is a breach, with and without the linter told to look away", () => {
  for (const line of ["// deno-lint-ignore no-explicit-any", "const a = b as any;"]) {
    assert.deepEqual(check({ "quic/a.ts": `/** A. */\n${line}\n` }), [
      "quic/a.ts:2: no any: unknown, and a check",
    ]);
  }
});

Deno.test("a file or folder named after no concept is a breach", () => {
  const names = ["utils.ts", "string_utils.ts", "helpers_test.ts", "misc/a.ts", "room_manager2.ts"];
  for (const name of names) {
    assert.deepEqual(check({ [`relay/${name}`]: "/** A. */\n" }), [
      `relay/${name}:0: is named after no concept`,
    ]);
  }
  assert.deepEqual(check({ "relay/miscount.ts": "/** A. */\n" }), []);
});

Deno.test("a file begins with a comment on what it is for, the test beside it need not", () => {
  const files = { "quic/a.ts": "const a = 1;\n", "quic/a_test.ts": "const a = 1;\n" };
  assert.deepEqual(breaches(moduleGraph(new Map(Object.entries(files)))), [
    { path: "quic/a.ts", line: 1, message: "begins with a comment on what the file is for" },
  ]);
});

Deno.test("versions in package.json are exact", () => {
  const manifest = (version: string) => JSON.stringify({ devDependencies: { a: version } });
  assert.deepEqual(versionBreaches(manifest("1.2.3")), []);
  assert.deepEqual(versionBreaches('{"name":"a"}'), []);
  for (const version of ["^1.2.3", "~1.2.3", "1.x", "*", "latest", ">=1.2.3", "1.2"]) {
    assert.deepEqual(versionBreaches(manifest(version)).map(({ message }) => message), [
      `a ${version} is not an exact version`,
    ]);
  }
});
