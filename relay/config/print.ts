/** `--print-config`: the effective configuration as TOML that can be loaded again. */
import type { Loaded } from "./load.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf, type Schema, valueAt } from "./schema.ts";
import { printable } from "./sentences.ts";
import { tomlText } from "./toml_text.ts";

const MASK = "********";

/** One line per key with where its value came from; secrets are masked. */
export function printConfig(loaded: Loaded<unknown>, schema: Schema = relaySchema): string {
  const { configPath, configMissing } = loaded;
  const file = configPath === null
    ? "no file"
    : `${printable(configPath)}${configMissing ? ", which does not exist" : ""}`;
  const lines = [`# Effective configuration of wzp-relay (${file})`];
  let section = "";
  for (const { name, path, key } of entriesOf(schema)) {
    const parent = path.slice(0, -1).join(".");
    if (parent !== section) lines.push("", `[${parent}]`);
    section = parent;
    const raw = key.type.raw(valueAt(loaded.config, path));
    const source = `# ${loaded.sources[name]}`;
    if (raw === null) lines.push(`# ${path.at(-1)}: not set ${source}`);
    else lines.push(`${path.at(-1)} = ${tomlText(key.secret ? MASK : raw)} ${source}`);
  }
  return lines.join("\n") + "\n";
}
