/** Common slips in TOML in words that say what to do, where the parser only says what it expected. */
import type { Entry } from "./schema.ts";
import { printable, printableName } from "./sentences.ts";
import { tomlText } from "./toml_text.ts";

/** Where the parser stopped, and why. */
interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

const MAX_LINE = 1_000;
const MAX_SHOWN = 60;

/** `key = value`; one with quotes may be the end of text that began above, and its parts must not be told. */
const BARE_PAIR = /^\s*([\w-]+(?:\.[\w-]+)*)\s*=\s*([^"'\\]*)$/;
const NUMBER = /^[+-]?(?:inf|nan|0[xob][\da-f_]+|[\d_]+(?:\.[\d_]+)?(?:e[+-]?[\d_]+)?)$/i;
const DATE = /^\d{4}-\d\d-\d\d(?:[Tt ]|$)|^\d\d:\d\d:\d\d/;
const HEADER = /^\s*\[{1,2}\s*([\w.-]+)\s*\]/;

/** The reason in words of ours, as it continues "this is not TOML: ". */
export function slipReason(text: string, mistake: Mistake, entries: readonly Entry[]): string {
  const { line, column, reason } = mistake;
  const lines = text.split("\n", line);
  const faulty = (lines.at(-1) ?? "").slice(0, MAX_LINE).trimEnd();
  if (reason.startsWith("trying to redefine")) {
    return redefined(faulty, column) ?? reason;
  }
  const pair = BARE_PAIR.exec(faulty);
  const value = (pair?.[2] ?? "").replace(/(?:^|\s)#.*$/, "").trim();
  // The parser stops inside the value or right behind it; what it dislikes before that is the key.
  const atValue = pair !== null && column > faulty.indexOf("=");
  if (!atValue || value === "" || !isWord(value)) return reason;
  return `${reason}; ${quotesAdvice(sectionAt(lines) + pair[1]!, value, entries)}`;
}

function isWord(value: string): boolean {
  return !/^[[{]/.test(value) && !/^(?:true|false)$/.test(value) && !NUMBER.test(value) &&
    !DATE.test(value);
}

/** Shows the value only of a key that is known and no secret, whichever section it is in. */
function quotesAdvice(name: string, value: string, entries: readonly Entry[]): string {
  const last = name.split(".").at(-1)!;
  const entry = entries.find((entry) => entry.name === name);
  const hidden = entries.some(({ key, path }) => key.secret && path.at(-1) === last);
  const pair = (shown: string) => `text needs quotes: ${printableName(last)} = ${shown}`;
  if (entry === undefined || hidden) return pair('"..."');
  const { type, default: standard } = entry.key;
  const isText = typeof standard !== "number" && typeof standard !== "boolean";
  if (!isText) return `${name} must be ${type.expected}`;
  if (!("value" in type.read(value))) {
    return `text needs quotes, and ${name} must be ${type.expected}`;
  }
  return pair(value.length > MAX_SHOWN ? '"..."' : printable(tomlText(value)));
}

/** Begins the names of keys on the last of these lines. */
function sectionAt(lines: readonly string[]): string {
  const header = lines.slice(0, -1).findLast((line) => HEADER.test(line));
  return header === undefined ? "" : `${HEADER.exec(header)![1]}.`;
}

/** Names what stands there once more, as far as it can be told apart from what follows. */
function redefined(faulty: string, column: number): string | null {
  const [name] = /^(?:[\w.-]|"[^"]*"|'[^']*')+/.exec(faulty.slice(column - 1).trimStart()) ?? [];
  if (name === undefined) return null;
  const isHeader = /^\s*\[/.test(faulty);
  const shown = printableName(name);
  const what = isHeader ? `[${shown}]` : shown;
  return name.includes(".") ? `${what} or a part of it is given twice` : `${what} is given twice`;
}
