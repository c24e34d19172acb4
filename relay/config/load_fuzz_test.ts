import assert from "node:assert/strict";
import fc from "fast-check";
import { loadConfig } from "./load.ts";
import { files } from "./sample_schema.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf } from "./schema.ts";
import { ACTION_FLAGS } from "./command_line.ts";

const entries = entriesOf(relaySchema);
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("=", "-", "--", "~/x"),
);
const word = fc.constantFrom(
  ...entries.flatMap(({ name, key }) => [name, key.flag ?? name, key.short ?? name]),
  ...ACTION_FLAGS.flatMap(({ flag, short }) => [flag, short ?? flag]),
);
const value = fc.oneof(anyText, fc.constantFrom(":1", "info", "5", "-1", "json", "true"));

/** Runs the loader and looks at the shape of what comes back. */
async function survives(args: string[], env: Record<string, string>, file: string | Uint8Array) {
  const content = typeof file === "string" ? file : { bytes: file };
  const outcome = await loadConfig({ args, env, readFile: files({ f: content }) });
  if ("errors" in outcome) {
    assert.ok(outcome.errors.length > 0);
    for (const error of outcome.errors) assert.doesNotMatch(error, /\n|undefined|\[object/);
  } else assert.ok(typeof outcome.action === "string");
}

Deno.test("no command line makes the loader throw", async () => {
  const flag = fc.tuple(word, value).map(([name, text]) => `${name}=${text}`);
  const args = fc.array(fc.oneof(word, value, flag), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(args, (args) => survives(args, {}, "")), { numRuns: 2_000 });
});

Deno.test("no environment makes the loader throw", async () => {
  const names = fc.oneof(
    fc.constantFrom("HOME", "WZP_CONFIG", ...entries.map(({ variable }) => variable)),
    anyText.map((text) => `WZP_${text}`),
  );
  const env = fc.dictionary(names, value, { maxKeys: 5 });
  await fc.assert(fc.asyncProperty(env, (env) => survives([], env, "")), { numRuns: 2_000 });
});

Deno.test("no file makes the loader throw", async () => {
  const piece = fc.oneof(
    word,
    value,
    fc.constantFrom(
      "\n",
      " = ",
      '"',
      "'",
      "[",
      "]",
      "{",
      "}",
      ",",
      ".",
      "#",
      '"""',
      "0x",
      "1979-05-27",
    ),
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  const line = fc.tuple(word, fc.oneof(fc.json(), value)).map(([name, text]) =>
    `${name} = ${text}\n`
  );
  const lines = fc.array(line, { maxLength: 8 }).map((lines) => lines.join(""));
  const file = fc.oneof(text, lines, fc.uint8Array());
  const args = ["-c", "f"];
  await fc.assert(fc.asyncProperty(file, (file) => survives(args, { HOME: "/h" }, file)), {
    numRuns: 3_000,
  });
});
