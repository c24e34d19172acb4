/** The configuration reference in Markdown, made from the schema. */
import { ACTION_FLAGS } from "./command_line.ts";
import { defaultText, EXIT_CODES } from "./help.ts";
import { NOT_HERE } from "./not_here.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf, type Entry, type Schema } from "./schema.ts";

/** What `docs/configuration.md` holds. */
export function configReference(schema: Schema = relaySchema): string {
  const entries = entriesOf(schema);
  const blocks = [
    "<!-- deno-fmt-ignore-file -->",
    "<!-- Written by tools/write_reference.ts from relay/config/keys/. Do not edit. -->",
    "# Configuration reference",
    "A value comes from a flag, the environment, the TOML file or the default, in this order. " +
    "`--print-config` shows what is in force and where each value came from; `--check-config` checks it. " +
    "Neither writes anything to disk. An example file is in " +
    "[relay.example.toml](relay.example.toml); `-c` with the name of a file that does not exist writes " +
    "one for your relay.",
    "* **Flags**: `--flag value` or `--flag=value`; `--` ends them. A flag may be given once, flags " +
    "of lists as often as you like.\n" +
    "* **Environment**: `WZP_` and the key in capitals, `__` between a table and its key, JSON for lists. " +
    "An empty variable counts as not set. For secrets, the name with `_FILE` at its end names a file " +
    "that holds the value. `WZP_CONFIG` names the configuration file when there is no `-c`.\n" +
    "* **File**: TOML, at most 1 MiB of UTF-8. Unknown keys, wrong types and values out of range are errors.\n" +
    "* **Paths**: a leading `~/` stands for `HOME`; other relative paths start at the working directory.\n" +
    "* **SIGHUP** reads the file again. Keys marked *yes* under *reload* change at once, the others with " +
    "the next start. When the new file is wrong, the old configuration stays in force.",
    "## Keys",
    markdownTable(
      ["key", "default", "unit", "flag", "environment", "reload"],
      entries.map((entry) => [
        `[${code(entry.name)}](#${anchor(entry)})`,
        code(defaultText(entry.key)),
        entry.key.unit ?? "",
        namesOf(entry.key.short, entry.key.flag),
        code(entry.variable) + (entry.key.secret ? `, ${code(`${entry.variable}_FILE`)}` : ""),
        entry.key.reload ? "yes" : "no",
      ]),
    ),
    ...entries.flatMap(({ name, key }) => [
      `### ${name}`,
      `${key.help}${key.secret ? " A secret: never printed." : ""}`,
      `* Value: ${key.type.expected}${key.unit ? ` (${key.unit})` : ""}\n` +
      `* Default: ${code(defaultText(key))}. Reason: ${key.reason}.`,
    ]),
    "## Other flags",
    markdownTable(
      ["flag", "effect"],
      ACTION_FLAGS.map(({ flag, short, shape, help }) => {
        return [namesOf(short, flag) + (shape ? ` ${code(shape)}` : ""), help];
      }),
    ),
    "## Flags and keys of the original relay that this version does not have",
    "A refused flag ends the relay with code 64, a refused key with 78.",
    markdownTable(
      ["name", "", ""],
      NOT_HERE.map((item) => {
        return [namesOf(item.flag, item.key), item.refused ? "refused" : "warning", item.text];
      }),
    ),
    "## Exit codes",
    markdownTable(["code", "meaning"], EXIT_CODES),
  ];
  return blocks.join("\n\n") + "\n";
}

function namesOf(...names: readonly (string | undefined)[]): string {
  return names.filter((name) => name !== undefined).map(code).join(", ");
}

/** The id GitHub gives the heading of a key. */
function anchor({ name }: Entry): string {
  return name.replaceAll(".", "");
}

function code(text: string): string {
  return `\`${text}\``;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...escaped.map((row) => row[column]!.length), 3));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [first, ...others] = escaped.map(line);
  return [first, line(widths.map((width) => "-".repeat(width))), ...others].join("\n");
}
