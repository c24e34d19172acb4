/** Reads and parses the TOML file. */
import { parse, TomlError } from "smol-toml";
import { reasonOf } from "../start_error.ts";
import type { Entry } from "./schema.ts";
import { slipReason } from "./toml_slips.ts";
import { isTable } from "./value_types.ts";

/** What a file held, or the rest of a sentence that begins with its path. */
export type FileContent =
  | { readonly bytes: Uint8Array }
  | { readonly problem: string; readonly missing?: boolean };

/** Reads a file that may be anything; more than `limit` bytes are a problem. Never rejects. */
export type ReadFile = (path: string, limit: number) => Promise<FileContent>;

/** A configuration with a thousand peers is 200 KB; more than this is some other file. */
export const FILE_LIMIT = 1_048_576;

/** Tables inside tables; ours go two deep. */
const MAX_DEPTH = 32;

/** `ReadFile` for the disk. */
export async function readFileOnDisk(path: string, limit: number): Promise<FileContent> {
  try {
    using file = await Deno.open(path);
    if ((await file.stat()).isDirectory) return { problem: "is a directory, not a file" };
    // Devices and pipes have no size, so only reading shows how much there is.
    const buffer = new Uint8Array(limit + 1);
    let length = 0;
    while (length <= limit) {
      const count = await file.read(buffer.subarray(length));
      if (count === null) return { bytes: buffer.slice(0, length) };
      length += count;
    }
    return { problem: `is larger than ${limit / 1024} KiB` };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { problem: "does not exist", missing: true };
    return { problem: `cannot be read: ${reasonOf(error)}` };
  }
}

/** The table in a file, or where and why it is not TOML. */
type Toml =
  | { readonly text: string; readonly table: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly column?: number; readonly problem: string };

/** Never throws. With `entries`, the keys there are, sentences about their lines can say more. */
export function parseToml(bytes: Uint8Array, entries: readonly Entry[] = []): Toml {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { line: firstBadLine(bytes), problem: "this is not UTF-8 text" };
  }
  try {
    const table = parse(text, {
      maxDepth: MAX_DEPTH,
      // A number too large for its key is the mistake of that key, not of the file.
      integersAsBigInt: "asNeeded",
    });
    return { text, table: isTable(table) ? table : {} };
  } catch (error) {
    if (!(error instanceof TomlError)) return { line: 1, problem: `this is not TOML: ${error}` };
    const { line, column, message } = error;
    const rest = text.split("\n", line).at(-1)?.slice(column - 1);
    const atLineEnd = rest === "" || rest === "\r";
    const reason = atLineEnd && message.includes("control characters are not allowed")
      ? "this string is not closed"
      : slipReason(text, { line, column, reason: plainReason(message) }, entries);
    return { line, column, problem: `this is not TOML: ${reason}` };
  }
}

function plainReason(message: string): string {
  return message.split("\n", 1)[0]!.replace(/^Invalid TOML document: /, "");
}

/** A line break never is part of a longer UTF-8 sequence, so lines can be looked at one by one. */
function firstBadLine(bytes: Uint8Array): number {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found + 1;
    try {
      utf8.decode(bytes.subarray(start, end));
    } catch {
      break;
    }
    start = end;
  }
  return line;
}
