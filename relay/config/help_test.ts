import assert from "node:assert/strict";
import { ACTION_FLAGS } from "./command_line.ts";
import { helpText } from "./help.ts";
import { NOT_HERE } from "./not_here.ts";
import { sampleSchema } from "./sample_schema.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf } from "./schema.ts";

Deno.test("help names every flag, its value and its default", () => {
  const text = helpText();
  for (const { flag, short } of ACTION_FLAGS) {
    assert.ok(text.includes(`${short ? `${short}, ` : "    "}${flag}`), flag);
  }
  assert.match(text, /^ {2}-i, --identity <file>$/m);
  assert.match(text, /^ {6}--drain-timeout <seconds>$/m);
  assert.ok(text.includes("[default: ~/.wzp/relay-identity]"));
  assert.ok(text.includes("[default: <identity_file>.d/]"));
  assert.ok(text.includes("[default: none]"));
});

Deno.test("help names the keys that have no flag", () => {
  const text = helpText().replaceAll("\n", " ");
  for (const { name, key } of entriesOf(relaySchema)) {
    assert.ok(text.includes(key.flag ?? name), name);
  }
});

Deno.test("help names no flag that is not there", () => {
  const words = new Set(helpText().split(/[\s,]+/));
  for (const { flag } of NOT_HERE) assert.ok(flag === undefined || !words.has(flag), flag);
});

Deno.test("a switch is shown without a value", () => {
  assert.match(helpText(sampleSchema), /^ {6}--verbose$/m);
});

Deno.test("no line of the help is longer than a terminal of 96 columns", () => {
  for (const line of helpText().split("\n")) assert.ok(line.length <= 96, line);
});
