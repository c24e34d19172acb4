/** The lines of the event log: one JSON object each, keys always in the same order. */
import { cut, quote } from "../log/escape.ts";

type Value = string | number | boolean | undefined;

/** Keys of the original in its order, then ours. An event has those that mean something for it. */
const KEYS = [
  "room",
  "src",
  "seq",
  "codec",
  "fec_block",
  "fec_sym",
  "repair",
  "len",
  "to_count",
  "peer",
  "reason",
  "action",
  "participants",
  "dst",
  "fingerprint",
  "alias",
  "forwarded",
  "count",
  "call",
  "caller",
  "callee",
] as const;

export type EventFields = { readonly [K in typeof KEYS[number]]?: Value };

/** One line without its end. Whatever the texts hold, it is one line of printable characters, and JSON. */
export function eventLine(ts: string, event: string, fields: EventFields = {}): string {
  let line = `{"ts":${quote(ts)},"event":${quote(event)}`;
  for (const key of KEYS) {
    const value = fields[key];
    if (value === undefined) continue;
    line += `,"${key}":${typeof value === "string" ? quote(cut(value)) : JSON.stringify(value)}`;
  }
  return line + "}";
}
