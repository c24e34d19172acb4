import assert from "node:assert/strict";
import { lineFinder } from "./toml_lines.ts";

const text = `# comment
plain = 1
list = [
  "a",
  { x = 1, y = 2 },
]
"quoted key" = 1
dotted.key = 1

[[peers]]
url = "u"

[[peers]]
url = "v"

[section.sub]
key = 1
`;

Deno.test("every kind of key has its line", () => {
  const lineOf = lineFinder(text);
  const cases: [number, (string | number)[]][] = [
    [2, ["plain"]],
    [3, ["list"]],
    [4, ["list", 0]],
    [5, ["list", 1, "y"]],
    [7, ["quoted key"]],
    [8, ["dotted"]],
    [8, ["dotted", "key"]],
    [10, ["peers"]],
    [11, ["peers", 0, "url"]],
    [13, ["peers", 1]],
    [14, ["peers", 1, "url"]],
    [16, ["section"]],
    [17, ["section", "sub", "key"]],
  ];
  for (const [line, path] of cases) assert.equal(lineOf(path), line, path.join("."));
});

Deno.test("what is missing is at the line of the table around it", () => {
  assert.equal(lineFinder(text)(["peers", 1, "fingerprint"]), 13);
  assert.equal(lineFinder(text)(["nothing"]), null);
});

Deno.test("text that cannot be parsed has no lines, and is no error", () => {
  assert.equal(lineFinder("a = ")(["a"]), null);
});

Deno.test("a key of very many parts is found at once", () => {
  assert.equal(lineFinder(`${"a.".repeat(20_000)}a = 1`)(["a", "a"]), 1);
});
