import assert from "node:assert/strict";
import fc from "fast-check";
import { parseToml } from "./config_file.ts";
import { relaySchema } from "./relay_schema.ts";
import { sampleSchema } from "./sample_schema.ts";
import { entriesOf } from "./schema.ts";

const relayEntries = entriesOf(relaySchema);
const sampleEntries = entriesOf(sampleSchema);

/** Place and sentence about a file that is not TOML. */
function told(text: string, entries = relayEntries): string {
  const toml = parseToml(new TextEncoder().encode(text), entries);
  assert.ok("problem" in toml, text);
  return `${toml.line}:${toml.column}: ${toml.problem.replace("this is not TOML: ", "")}`;
}

Deno.test("text without quotes is shown with them", () => {
  const lineEnd = "each key-value declaration must be followed by an end-of-line";
  assert.equal(
    told("a = 1\nlog_level = info\n"),
    `2:16: ${lineEnd}; text needs quotes: log_level = "info"`,
  );
  assert.equal(
    told("listen_addr = :4433"),
    '1:15: invalid value; text needs quotes: listen_addr = ":4433"',
  );
  assert.match(
    told("listen_addr=0.0.0.0:4433"),
    /; text needs quotes: listen_addr = "0.0.0.0:4433"$/,
  );
  assert.match(told("region = eu west # home\r\n"), /; text needs quotes: region = "eu west"$/);
  assert.match(
    told("[limits]\npath = /x/y", sampleEntries),
    /; text needs quotes: path = "\/x\/y"$/,
  );
});

Deno.test("where quotes alone are not enough, what the key takes is told", () => {
  assert.match(told("drain_timeout = 30s"), /; drain_timeout must be a number from 0 to 86400$/);
  assert.match(told("one_call_at_a_time = True"), /; one_call_at_a_time must be true or false$/);
  assert.match(
    told("log_format = xml"),
    /; text needs quotes, and log_format must be one of pretty, logfmt, json$/,
  );
});

Deno.test("values that are no text, or have quotes already, are left to the words of the parser", () => {
  const values = ['"info', "'a' b", "[1", "{ a = b }", "1979-05-27T25:00:00Z", "07", "1__0", "1_"];
  for (const value of [...values, "", "# nothing", "nam\\u0065", "true false"]) {
    const text = told(`region = ${value}`);
    assert.equal(text.includes("quotes"), value === "true false", text);
  }
  assert.doesNotMatch(told("region eu = 1"), /quotes/);
});

Deno.test("the value of a secret, of an unknown key or of great length is not shown", () => {
  const secrets = ["password = hunter2", "pin = hunter2", "[limits]\npin = hunter2", "x = hunter2"];
  for (const text of [...secrets, "[[friends]]\nurl = hunter2"]) {
    assert.match(told(text, sampleEntries), /; text needs quotes: [a-z]+ = "\.\.\."$/);
  }
  const inList = told("password = [\nlimits.path = hunter2\n]", sampleEntries);
  assert.doesNotMatch(inList, /hunter2/);
  const long = told(`log_file = ${"/x".repeat(100_000)}`);
  assert.ok(long.endsWith('; text needs quotes: log_file = "..."'), long.slice(0, 300));
});

Deno.test("no arrangement of lines shows what stands behind the key of a secret", () => {
  const parts = fc.constantFrom(
    ...["password = ", "pin = ", "limits.pin = ", "x = hunter2", "hunter2", "hunter2", "[limits]"],
    ...['"""', "'''", '"', "[", "]", "{", "}", "\n", "\n", "\n", "= ", " ", ",", "#", "1"],
  );
  const file = fc.array(parts, { maxLength: 12 }).map((some) => some.join(""));
  fc.assert(
    fc.property(file, (text) => {
      const toml = parseToml(new TextEncoder().encode(text), sampleEntries);
      if ("problem" in toml) assert.doesNotMatch(toml.problem, /= .*hunter/);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("a key or table that is given twice is named", () => {
  const cases = [
    ["a = 1\n\na = 2", "3:1: a is given twice"],
    ["[a]\n[ a ]", "2:2: [a] is given twice"],
    ['a = 1\n"a" = 2', '2:1: "a" is given twice'],
    ["a = 1\na.b = 2", "2:1: a.b or a part of it is given twice"],
    ["a = 1\n[a.b]", "2:2: [a.b] or a part of it is given twice"],
    ["[[a]]\nb = 1\n b = 2", "3:2: b is given twice"],
    ["x = { a = 1, a = 2 }", "1:14: a is given twice"],
  ] as const;
  for (const [text, sentence] of cases) assert.equal(told(text), sentence);
});
