/** Writes single values as TOML on one line. */
import type { Raw } from "./value_types.ts";

/** A value as it may stand behind `key =`. */
export function tomlText(raw: Raw): string {
  if (typeof raw === "string") {
    // JSON strings are TOML strings, but for DEL.
    return JSON.stringify(raw).replaceAll("\x7f", "\\u007f");
  }
  if (typeof raw !== "object") return String(raw);
  if (isList(raw)) return `[${raw.map(tomlText).join(", ")}]`;
  const fields = Object.entries(raw).map(([name, value]) => `${name} = ${tomlText(value)}`);
  return `{ ${fields.join(", ")} }`;
}

function isList(raw: object): raw is readonly Raw[] {
  return Array.isArray(raw);
}
