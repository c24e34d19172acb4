import assert from "node:assert/strict";
import { configReference } from "./reference.ts";
import { NOT_HERE } from "./not_here.ts";
import { sampleSchema } from "./sample_schema.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf } from "./schema.ts";

Deno.test("the reference has every key with variable, flag, unit, reason and reload", () => {
  const text = configReference();
  for (const { name, variable, key } of entriesOf(relaySchema)) {
    const row = text.split("\n").find((line) => line.startsWith(`| [\`${name}\`]`))!;
    for (const part of [variable, key.flag ?? "", key.unit ?? "", key.reload ? "yes" : "no"]) {
      assert.ok(row.includes(part), `${name}: ${part}`);
    }
    assert.ok(text.includes(`\n### ${name}\n`) && text.includes(`Reason: ${key.reason}.`), name);
    assert.ok(text.includes(key.type.expected), name);
  }
});

Deno.test("the reference says what is missing and why", () => {
  for (const { text } of NOT_HERE) assert.ok(configReference().includes(text), text);
});

Deno.test("secrets, lists and tables are documented as such", () => {
  const text = configReference(sampleSchema);
  assert.ok(text.includes("`WZP_PASSWORD`, `WZP_PASSWORD_FILE`"));
  assert.ok(text.includes("`WZP_LIMITS__ROOMS`"));
  assert.match(text, /Some help\. A secret: never printed\./);
});

Deno.test("every row of a table has as many cells as its head", () => {
  for (const block of configReference().split("\n\n").filter((block) => block.startsWith("|"))) {
    const cells = block.trim().split("\n").map((line) => line.split(/(?<!\\)\|/).length);
    assert.equal(new Set(cells).size, 1, block);
  }
});
