/** Reads the relay's command line. */
import { nearest } from "./nearest.ts";
import { flagNotHere } from "./not_here.ts";
import type { Entry } from "./schema.ts";
import { printableName } from "./sentences.ts";

/** What to do: run, or print something and end. */
export type Action = "run" | "help" | "version" | "check" | "print" | "mesh-status" | "self-test";

/** A raw value for a key, and who gave it. */
export interface Given {
  readonly entry: Entry;
  readonly raw: unknown;
  /** Flag, variable or file. */
  readonly source: string;
}

export interface CommandLine {
  readonly action: Action;
  readonly configPath: string | null;
  readonly given: readonly Given[];
  readonly errors: readonly string[];
}

/** A flag that is not a key. */
interface ActionFlag {
  readonly flag: string;
  readonly short?: string;
  readonly shape?: string;
  readonly action?: Action;
  readonly help: string;
}

export const ACTION_FLAGS: readonly ActionFlag[] = [
  {
    flag: "--config",
    short: "-c",
    shape: "file",
    help:
      "TOML file to read. When it does not exist, an example is written there and the relay runs.",
  },
  { flag: "--check-config", action: "check", help: "Check the configuration, then exit." },
  {
    flag: "--print-config",
    action: "print",
    help: "Print every key with its value and where that came from, then exit. Secrets are masked.",
  },
  {
    flag: "--mesh-status",
    action: "mesh-status",
    help: "Print how the relays that the running relay probes are doing, then exit.",
  },
  {
    flag: "--self-test",
    action: "self-test",
    help: "Check that this program works here, then exit.",
  },
  { flag: "--version", short: "-V", action: "version", help: "Print the version, then exit." },
  { flag: "--help", short: "-h", action: "help", help: "Print this help, then exit." },
];

interface Flag {
  readonly name: string;
  readonly takesValue: boolean;
  readonly repeatable: boolean;
  use(value: string | null): void;
}

/** Never throws; everything wrong is in `errors`, ready to print. */
export function parseCommandLine(args: readonly string[], entries: readonly Entry[]): CommandLine {
  const errors: string[] = [];
  const actions = new Map<Action, string>();
  const given: Given[] = [];
  let configPath: string | null = null;

  const flags = new Map<string, Flag>();
  const add = (flag: Flag, short: string | undefined) => {
    flags.set(flag.name, flag);
    if (short) flags.set(short, flag);
  };
  for (const { flag: name, short, shape, action } of ACTION_FLAGS) {
    const use = (value: string | null) => action ? actions.set(action, name) : configPath = value;
    add({ name, takesValue: shape !== undefined, repeatable: false, use }, short);
  }
  for (const entry of entries) {
    const { type, flag: name, short } = entry.key;
    if (!name) continue;
    const use = (value: string | null) => {
      const raw = value === null ? true : (type.element ?? type).fromText(value);
      given.push({ entry, raw, source: name });
    };
    add({ name, takesValue: !type.isSwitch, repeatable: type.element !== undefined, use }, short);
  }
  const longNames = [...flags.keys()].filter((name) => name.startsWith("--"));

  const seen = new Set<Flag>();
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest.shift()!;
    if (arg === "--") {
      for (const operand of rest) errors.push(unexpected(operand));
      break;
    }
    if (!looksLikeFlag(arg)) {
      errors.push(unexpected(arg));
      continue;
    }
    const { name, value: attached } = split(arg, flags);
    const takeNext = () => rest.length > 0 && !looksLikeFlag(rest[0]!) ? rest.shift()! : null;
    const flag = flags.get(name);
    if (!flag) {
      const absent = flagNotHere(name);
      // The value belongs to the flag that is refused; it is not one more mistake.
      if (attached === null && (!absent || absent.takesValue)) takeNext();
      errors.push(
        absent ? `${name} ${absent.text}` : unknownFlag(name, longNames),
      );
      continue;
    }
    if (seen.has(flag) && !flag.repeatable) errors.push(`${flag.name} is given twice`);
    seen.add(flag);
    if (!flag.takesValue) {
      if (attached !== null) errors.push(`${flag.name} takes no value`);
      else flag.use(null);
      continue;
    }
    const value = attached ?? takeNext();
    if (value === null || value === "") errors.push(`${flag.name} needs a value`);
    else flag.use(value);
  }

  const asked = (["help", "version"] as const).find((action) => actions.has(action));
  const [first, second] = [...actions.values()];
  if (!asked && second) errors.push(`${first} and ${second} cannot be used together`);
  const action = asked ?? [...actions.keys()][0] ?? "run";
  return { action, configPath, given, errors };
}

/** Negative numbers and a lone dash are values. */
function looksLikeFlag(arg: string): boolean {
  return arg.startsWith("-") && arg !== "-" && !/^-[\d.]/.test(arg);
}

/** `--flag=value`, `-f=value` and `-fvalue` carry their value with them. */
function split(
  arg: string,
  flags: ReadonlyMap<string, Flag>,
): { name: string; value: string | null } {
  const equals = arg.indexOf("=");
  const name = equals < 0 ? arg : arg.slice(0, equals);
  const short = arg.slice(0, 2);
  // `-config` is a slip for `--config`, not `-c onfig`.
  const attachedShort = !arg.startsWith("--") && name.length > 2 && !flags.has(`-${name}`) &&
    flags.get(short)?.takesValue;
  if (attachedShort) return { name: short, value: arg.slice(2) };
  return { name, value: equals < 0 ? null : arg.slice(equals + 1) };
}

function unknownFlag(name: string, longNames: readonly string[]): string {
  const best = nearest(name, longNames);
  const hint = best === null ? "see --help" : `the nearest known flag is ${best}`;
  return `unknown flag ${printableName(name)}; ${hint}`;
}

function unexpected(operand: string): string {
  return `unexpected argument "${printableName(operand)}": the relay is told everything by flags`;
}
