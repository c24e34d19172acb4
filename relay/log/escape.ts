/** Makes text from anywhere safe to stand in one line of a log or on a terminal. */

/** Longest value that is written whole, in UTF-16 units. */
export const MAX_VALUE_LENGTH = 1000;

/** Quotes, comma and space around one text of a list. */
const SEPARATOR_LENGTH = 4;

/** Control, format (bidirectional and zero width), surrogate, private and unassigned characters, line separators. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The text, or its beginning and how much is missing. Never splits a surrogate pair. */
export function cut(text: string): string {
  if (text.length <= MAX_VALUE_LENGTH) return text;
  const last = text.charCodeAt(MAX_VALUE_LENGTH - 1);
  const end = last >= 0xd800 && last < 0xdc00 ? MAX_VALUE_LENGTH - 1 : MAX_VALUE_LENGTH;
  return `${text.slice(0, end)}... (${text.length - end} more)`;
}

/** The texts, or the first of them and how many are missing, about as long together as one value may be. */
export function cutList(texts: readonly string[]): string[] {
  const shown: string[] = [];
  let length = 0;
  for (const text of texts) {
    length += text.length;
    if (shown.length > 0 && length > MAX_VALUE_LENGTH) {
      shown.push(`... (${texts.length - shown.length} more)`);
      break;
    }
    shown.push(cut(text));
    length += SEPARATOR_LENGTH;
  }
  return shown;
}

/** A JSON string literal of printable characters only, which `JSON.parse` reads back unchanged. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(UNSAFE, escapeUnits);
}

/** The text with unsafe characters escaped as in a JSON string, without quotes around it. */
export function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (unsafe) => escapeUnits(JSON.stringify(unsafe).slice(1, -1)));
}

/** Whether the text can stand without quotes after `key=`. */
export function isBare(text: string): boolean {
  return /^[!#-<>-[\]-~]+$/.test(text);
}

function escapeUnits(text: string): string {
  if (text.startsWith("\\")) return text;
  let escaped = "";
  for (let i = 0; i < text.length; i++) {
    escaped += `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
