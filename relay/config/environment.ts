/** Reads the `WZP_` variables: `WZP_LISTEN_ADDR`, `WZP_SECTION__KEY`, JSON for lists, `_FILE` for secrets. */
import type { Given } from "./command_line.ts";
import type { ReadFile } from "./config_file.ts";
import { nearest } from "./nearest.ts";
import { keyNotHere } from "./not_here.ts";
import type { Entry } from "./schema.ts";
import { printable, printableName } from "./sentences.ts";

/** Names the configuration file when there is no `-c`. */
const CONFIG_VARIABLE = "WZP_CONFIG";

const PREFIX = "WZP_";

const SECRET_LIMIT = 65_536;

export interface Environment {
  readonly configPath: string | null;
  readonly given: readonly Given[];
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Never throws. An empty variable counts as not set, as container tools pass them on that way. */
export async function readEnvironment(
  env: Readonly<Record<string, string>>,
  entries: readonly Entry[],
  readFile: ReadFile,
): Promise<Environment> {
  const given: Given[] = [];
  const errors: string[] = [];
  const warnings: string[] = [];
  const value = (variable: string) => Object.hasOwn(env, variable) && env[variable] || null;

  const known = new Set([CONFIG_VARIABLE]);
  for (const entry of entries) {
    const { key, variable } = entry;
    const fileVariable = `${variable}_FILE`;
    const direct = value(variable);
    known.add(variable);
    if (direct !== null) given.push({ entry, raw: key.type.fromText(direct), source: variable });
    if (!key.secret) continue;

    known.add(fileVariable);
    const path = value(fileVariable);
    if (path === null) continue;
    if (direct !== null) {
      errors.push(`${variable} and ${fileVariable} cannot be used together`);
      continue;
    }
    const file = await readFile(path, SECRET_LIMIT);
    if ("problem" in file) {
      errors.push(`${fileVariable}: ${printable(path)} ${file.problem}`);
    } else {
      const text = new TextDecoder().decode(file.bytes).replace(/\r?\n$/, "");
      given.push({ entry, raw: key.type.fromText(text), source: fileVariable });
    }
  }

  for (const variable of Object.keys(env)) {
    if (!variable.startsWith(PREFIX) || known.has(variable) || value(variable) === null) continue;
    const absent = keyNotHere(variable.slice(PREFIX.length).toLowerCase());
    if (absent) (absent.refused ? errors : warnings).push(`${variable} ${absent.text}`);
    else {
      const own = variable.slice(PREFIX.length);
      const best = nearest(own, [...known].map((name) => name.slice(PREFIX.length)));
      const hint = best === null ? "see --help" : `the nearest known one is ${PREFIX}${best}`;
      warnings.push(`unknown variable ${printableName(variable)}; ${hint}`);
    }
  }
  return { configPath: value(CONFIG_VARIABLE), given, errors, warnings };
}
