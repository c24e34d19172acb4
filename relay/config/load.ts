/** Puts the configuration together: flags over environment over file over default. */
import { type Action, type CommandLine, type Given, parseCommandLine } from "./command_line.ts";
import type { ReadFile } from "./config_file.ts";
import { readEnvironment } from "./environment.ts";
import { readFileLayer } from "./file_layer.ts";
import { type Config, relaySchema } from "./relay_schema.ts";
import {
  type ConfigOf,
  type DerivedDefault,
  entriesOf,
  type Entry,
  isDerived,
  type Schema,
} from "./schema.ts";
import { EXIT_CONFIG, EXIT_USAGE } from "../start_error.ts";
import { problemSentence, show } from "./sentences.ts";
import { expandHome } from "./value_types.ts";

export interface Input {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly readFile: ReadFile;
}

/** A configuration to work with. */
export interface Loaded<C = Config> {
  readonly action: "run" | "check" | "print" | "mesh-status";
  readonly config: C;
  readonly configPath: string | null;
  /** The file that was named does not exist: the caller writes the example. */
  readonly configMissing: boolean;
  /** By dotted key: `default`, the flag, the variable, or `file:line` (the line only for `print`). */
  readonly sources: Readonly<Record<string, string>>;
  /** Sentences, ready to print. */
  readonly warnings: readonly string[];
}

/** Asked for something that needs no configuration. */
export interface NoConfig {
  readonly action: Exclude<Action, Loaded["action"]>;
}

/** Sentences, ready to print, one per mistake, and the code to exit with. */
export interface Failed {
  readonly errors: readonly string[];
  readonly exitCode: typeof EXIT_USAGE | typeof EXIT_CONFIG;
}

/** Never rejects, and touches nothing but what `readFile` is asked for. */
export function loadConfig(input: Input): Promise<Loaded | NoConfig | Failed> {
  return load(relaySchema, input);
}

/** `loadConfig` for any schema. */
export async function load<S extends Schema>(
  schema: S,
  { args, env, readFile }: Input,
): Promise<Loaded<ConfigOf<S>> | NoConfig | Failed> {
  const entries = entriesOf(schema);
  const line = parseCommandLine(args, entries);
  const { action } = line;
  if (action === "help" || action === "version") return { action };
  if (action === "self-test") {
    return line.errors.length > 0 ? { errors: line.errors, exitCode: EXIT_USAGE } : { action };
  }

  const environment = await readEnvironment(env, entries, readFile);
  const named = line.configPath ?? environment.configPath;
  const configPath = named === null ? null : expandHome(named, env.HOME);
  const file = await readFileLayer({ schema, entries, configPath, readFile, action });

  const usage = new Set(line.errors);
  const errors = [...environment.errors, ...file.errors];
  if (named !== null && configPath === null) errors.push(homeless(named));
  const values = new Map<string, unknown>();
  const sources: Record<string, string> = {};
  const derived: [Entry, DerivedDefault][] = [];
  const keep = (entry: Entry, raw: unknown) => {
    const reading = entry.key.type.read(raw);
    // A value that cannot be read has been reported by its layer.
    if (!("value" in reading)) return;
    const { expand } = entry.key.type;
    const value = expand && reading.value !== null
      ? expand(reading.value, env.HOME)
      : reading.value;
    if (value === null && reading.value !== null) {
      const hint = entry.key.flag ? `; give a whole path with ${entry.key.flag}` : "";
      errors.push(`${entry.name}: ${homeless(raw)}${hint}`);
    } else values.set(entry.name, value);
  };
  for (const entry of entries) {
    const { type, default: standard } = entry.key;
    const flags = ofEntry(line, entry);
    const [variable] = ofEntry(environment, entry);
    for (const given of flags) check(given, type.element).forEach((error) => usage.add(error));
    if (variable) errors.push(...check(variable));

    const base = variable ?? ofEntry(file, entry)[0];
    const given = type.element ? appended(base, flags) : flags[0] ?? base;
    sources[entry.name] = given?.source ?? "default";
    checkTogether(base, flags, given).forEach((e) => usage.add(e));
    if (given) keep(entry, given.raw);
    else if (isDerived(standard)) derived.push([entry, standard]);
    else keep(entry, standard);
  }
  for (const [entry, standard] of derived) {
    keep(entry, standard.from((name) => values.get(name)));
  }

  for (const entry of entries) {
    const { name, path, key } = entry;
    const value = values.get(name);
    // With mistakes in what there is, comparing it would only bring more of them.
    if (!key.beside || value === undefined || errors.length + usage.size > 0) continue;
    const inFile = ofEntry(file, entry).length > 0 && ofEntry(environment, entry).length === 0;
    for (const problem of key.beside(value, (other) => values.get(other))) {
      const text = problemSentence(inFile ? name : sources[name]!, problem, key.secret ?? false);
      errors.push(inFile ? `${await file.place([...path, ...problem.path])}: ${text}` : text);
    }
  }

  const all = [...usage, ...errors];
  if (all.length > 0) return { errors: all, exitCode: usage.size > 0 ? EXIT_USAGE : EXIT_CONFIG };
  const warnings = [...environment.warnings, ...file.warnings];
  const config = build(schema, [], values) as ConfigOf<S>;
  return { action, config, configPath, configMissing: file.missing, sources, warnings };
}

function ofEntry(layer: Pick<CommandLine, "given">, entry: Entry): readonly Given[] {
  return layer.given.filter((given) => given.entry === entry);
}

function homeless(path: unknown): string {
  return `"~" in ${show(path)} stands for the home directory, and HOME is not set`;
}

/** What is wrong with a value from a flag or variable. */
function check({ entry, raw, source }: Given, type = entry.key.type): string[] {
  const reading = type.read(raw);
  if ("value" in reading) return [];
  return reading.problems.map((p) => problemSentence(source, p, entry.key.secret ?? false));
}

/** What is wrong with a list although every flag of it, and the list they add to, is right by itself. */
function checkTogether(
  base: Given | undefined,
  flags: readonly Given[],
  whole: Given | undefined,
): string[] {
  if (flags.length === 0 || whole === undefined) return [];
  const { element } = whole.entry.key.type;
  if (!element || flags.some((flag) => check(flag, element).length > 0)) return [];
  if (base && check(base).length > 0) return [];
  return check({ ...whole, source: whole.entry.name });
}

/** Flags that may be repeated add to the list of the file or variable. */
function appended(base: Given | undefined, flags: readonly Given[]): Given | undefined {
  const [first] = flags;
  if (!first) return base;
  const before = base ?? { raw: first.entry.key.default, source: first.source };
  const raw = [...(Array.isArray(before.raw) ? before.raw : []), ...flags.map((flag) => flag.raw)];
  const source = base ? `${base.source} and ${first.source}` : first.source;
  return { entry: first.entry, raw, source };
}

/** The plain object, with one object per section. */
function build(
  schema: Schema,
  path: readonly string[],
  values: ReadonlyMap<string, unknown>,
): object {
  return Object.fromEntries(
    Object.entries(schema).map(([name, item]) => {
      const here = [...path, name];
      return [name, "keys" in item ? build(item.keys, here, values) : values.get(here.join("."))];
    }),
  );
}
