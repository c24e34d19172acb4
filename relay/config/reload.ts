/** Loads the configuration again on SIGHUP and tells what can change while the relay runs. */
import { EXIT_CONFIG } from "../start_error.ts";
import { type Failed, type Input, load, type Loaded } from "./load.ts";
import { type Config, relaySchema } from "./relay_schema.ts";
import { type ConfigOf, entriesOf, type Schema, valueAt } from "./schema.ts";

export interface Reloaded<C = Config> {
  /** What is in force from now on: new values where a change applies, old ones elsewhere. */
  readonly loaded: Loaded<C>;
  /** Dotted names of keys that changed and apply now. */
  readonly applied: readonly string[];
  /** Dotted names of keys that changed and wait for a restart. */
  readonly needRestart: readonly string[];
}

/** `previous` stays in force when this fails. */
export function reloadConfig(previous: Loaded, input: Input): Promise<Reloaded | Failed> {
  return reload(relaySchema, previous, input);
}

/** `reloadConfig` for any schema. */
export async function reload<S extends Schema>(
  schema: S,
  previous: Loaded<ConfigOf<S>>,
  input: Input,
): Promise<Reloaded<ConfigOf<S>> | Failed> {
  const loaded = await load(schema, input);
  if ("errors" in loaded) return loaded;
  if (!("config" in loaded)) throw new TypeError(`Cannot reload with --${loaded.action}`);
  if (loaded.configMissing) {
    return { errors: [`${loaded.configPath} does not exist`], exitCode: EXIT_CONFIG };
  }

  const config = structuredClone(loaded.config) as Record<string, unknown>;
  const sources = { ...loaded.sources };
  const applied: string[] = [];
  const needRestart: string[] = [];
  for (const { name, path, key } of entriesOf(schema)) {
    const before = valueAt(previous.config, path);
    if (
      JSON.stringify(key.type.raw(before)) === JSON.stringify(key.type.raw(valueAt(config, path)))
    ) {
      continue;
    }
    if (key.reload) applied.push(name);
    else {
      needRestart.push(name);
      (valueAt(config, path.slice(0, -1)) as Record<string, unknown>)[path.at(-1)!] = before;
      sources[name] = previous.sources[name] ?? "default";
    }
  }
  return { loaded: { ...loaded, config: config as ConfigOf<S>, sources }, applied, needRestart };
}
