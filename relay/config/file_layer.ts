/** The configuration file as a layer: values for keys, and what is wrong on which line. */
import type { Action, Given } from "./command_line.ts";
import { FILE_LIMIT, parseToml, type ReadFile } from "./config_file.ts";
import { knownInstead } from "./nearest.ts";
import { keyNotHere } from "./not_here.ts";
import type { Entry, Schema } from "./schema.ts";
import { printable, printableName, problemSentence } from "./sentences.ts";
import { isTable, type Problem } from "./value_types.ts";

interface FileLayer {
  readonly missing: boolean;
  /** File and line of a value, as sentences begin. */
  readonly place: (path: Problem["path"]) => Promise<string>;
  readonly given: readonly Given[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

interface FileRequest {
  readonly schema: Schema;
  readonly entries: readonly Entry[];
  readonly configPath: string | null;
  readonly readFile: ReadFile;
  readonly action: Action;
}

/** Everything the file says, checked. Never rejects. */
export async function readFileLayer(request: FileRequest): Promise<FileLayer> {
  const { schema, entries, configPath, readFile, action } = request;
  const name = printable(configPath ?? "");
  const layer = {
    missing: false,
    given: [],
    errors: [],
    warnings: [],
    place: () => Promise.resolve(name),
  };
  if (configPath === null) return layer;
  const content = await readFile(configPath, FILE_LIMIT);
  if ("problem" in content) {
    if (content.missing && action !== "check") return { ...layer, missing: true };
    const hint = content.missing
      ? "; without --check-config an example would be written there"
      : "";
    return { ...layer, errors: [`${name} ${content.problem}${hint}`] };
  }
  const toml = parseToml(content.bytes, entries);
  if ("problem" in toml) {
    const column = toml.column === undefined ? "" : `:${toml.column}`;
    return { ...layer, errors: [`${name}:${toml.line}${column}: ${toml.problem}`] };
  }

  const found = walk(schema, toml.table, [], { root: schema, entries });
  const report = found.errors.length > 0 || found.warnings.length > 0;
  const finder = async () => (await import("./toml_lines.ts")).lineFinder(toml.text);
  const lineOf = report || action === "print" ? await finder() : () => null;
  const place = (path: Problem["path"], find = lineOf) => {
    const line = find(path);
    return line === null ? name : `${name}:${line}`;
  };
  const say = ({ path, text }: Finding) => `${place(path)}: ${text}`;
  return {
    missing: false,
    place: async (path) => place(path, await finder()),
    given: found.given.map(({ entry, raw }) => ({ entry, raw, source: place(entry.path) })),
    errors: found.errors.map(say),
    warnings: found.warnings.map(say),
  };
}

/** File and line of a value that has been read from it already; the file alone where it has changed since. */
export async function placeInFile(
  readFile: ReadFile,
  configPath: string,
  path: Problem["path"],
): Promise<string> {
  const name = printable(configPath);
  const content = await readFile(configPath, FILE_LIMIT);
  const toml = "bytes" in content ? parseToml(content.bytes) : content;
  if (!("table" in toml)) return name;
  const line = (await import("./toml_lines.ts")).lineFinder(toml.text)(path);
  return line === null ? name : `${name}:${line}`;
}

interface Finding {
  readonly path: Problem["path"];
  readonly text: string;
}

interface Findings {
  readonly given: { readonly entry: Entry; readonly raw: unknown }[];
  readonly errors: Finding[];
  readonly warnings: Finding[];
}

/** The whole schema, as a table in it is compared with a part. */
interface Whole {
  readonly root: Schema;
  readonly entries: readonly Entry[];
}

/** Compares a table with the schema. */
function walk(
  schema: Schema,
  table: Readonly<Record<string, unknown>>,
  parents: readonly string[],
  whole: Whole,
  found: Findings = { given: [], errors: [], warnings: [] },
): Findings {
  const prefix = parents.map((parent) => `${parent}.`).join("");
  for (const [name, raw] of Object.entries(table)) {
    const path = [...parents, name];
    const item = Object.hasOwn(schema, name) ? schema[name] : undefined;
    const entry = whole.entries.find((entry) => entry.key === item);
    if (entry) {
      found.given.push({ entry, raw });
      const reading = entry.key.type.read(raw);
      if ("value" in reading) continue;
      for (const p of reading.problems) {
        const own = p.misplaced && ownKey(whole.root, String(p.path.at(-1)));
        const problem = own ? { ...p, text: `is not known here; ${own}` } : p;
        const text = problemSentence(entry.name, problem, entry.key.secret ?? false);
        found.errors.push({ path: [...path, ...p.path], text });
      }
    } else if (item && "keys" in item) {
      if (isTable(raw)) walk(item.keys, raw, path, whole, found);
      else {found.errors.push({
          path,
          text: `${prefix}${name} must be a table: [${prefix}${name}]`,
        });}
    } else {
      const absent = parents.length === 0 ? keyNotHere(name) : undefined;
      const known = ownKey(whole.root, name) ?? knownInstead(name, Object.keys(schema), {
        kind: "key",
        prefix,
        otherwise: "wzp-relay --print-config lists them all",
      });
      const unknown = `unknown key ${printableName(prefix + (name || '""'))}; ${known}`;
      const text = absent ? `${name} ${absent.text}` : unknown;
      (absent && !absent.refused ? found.warnings : found.errors).push({ path, text });
    }
  }
  return found;
}

/** Advice for a key of the top level that stands in a table, as lines appended to a file do; null for other names. */
function ownKey(root: Schema, name: string): string | null {
  const item = Object.hasOwn(root, name) ? root[name] : undefined;
  if (item === undefined || "keys" in item) return null;
  return `${name} is a key of its own: move it above the first [section]`;
}
