/** The text of `--help`. */
import { ACTION_FLAGS } from "./command_line.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf, isDerived, type Key, type Schema } from "./schema.ts";
import { tomlText } from "./toml_text.ts";
import { wrap } from "./wrap.ts";

const WIDTH = 96;
const INDENT = "          ";

/** Exit codes and what they mean. */
export const EXIT_CODES: readonly (readonly [string, string])[] = [
  ["0", "ended as asked"],
  ["64", "wrong command line"],
  ["69", "cannot bind the address"],
  ["70", "internal error"],
  ["78", "wrong configuration"],
  ["130, 143", "ended at once by a second SIGINT or SIGTERM"],
];

/** Written for a terminal of at least 96 columns. */
export function helpText(schema: Schema = relaySchema): string {
  const lines = [
    "wzp-relay: a voice relay",
    "",
    "Usage: wzp-relay [flags]            run a relay",
    "       wzp-relay client <flags>     measure and ask relays; see wzp-relay client --help",
    "",
    "Flags:",
  ];
  for (const { flag, short, shape, help } of ACTION_FLAGS) {
    lines.push(...item(flag, short, shape, help));
  }
  lines.push("", "Flags for keys of the configuration:");
  const entries = entriesOf(schema);
  for (const { key } of entries) {
    if (!key.flag) continue;
    const { type, flag, short } = key;
    const help = `${key.help} [default: ${defaultText(key)}]`;
    lines.push(...item(flag, short, type.isSwitch ? undefined : type.shape, help));
  }
  const others = entries.filter(({ key }) => !key.flag).map(({ name }) => name);
  const prose = [
    "Values can stand in flags, in the environment, and in the file named by -c or WZP_CONFIG; the first " +
    "of these that has a value wins. The variable of a key is WZP_ and its name in capitals: " +
    "WZP_LISTEN_ADDR.",
    ...(others.length > 0 ? [`Keys without a flag: ${others.join(", ")}.`] : []),
    `Exit codes: ${EXIT_CODES.map(([code, meaning]) => `${code} ${meaning}`).join("; ")}.`,
  ];
  for (const paragraph of prose) lines.push("", ...wrap(paragraph, WIDTH));
  return lines.join("\n") + "\n";
}

/** The default of a key for readers. */
export function defaultText(key: Key<unknown>): string {
  const standard = key.default;
  if (standard === null) return key.unset ?? "none";
  if (isDerived(standard)) return standard.text;
  return typeof standard === "string" ? standard : tomlText(standard);
}

function item(flag: string, short: string | undefined, shape: string | undefined, help: string) {
  const names = short ? `${short}, ${flag}` : `    ${flag}`;
  const value = shape ? ` <${shape}>` : "";
  return [`  ${names}${value}`, ...wrap(help, WIDTH - INDENT.length).map((line) => INDENT + line)];
}
