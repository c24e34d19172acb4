/** Turns one event into one line: for people, as logfmt or as JSON. */
import { formatSocketAddress, ipv6Groups, type SocketAddress } from "../../proto/socket_address.ts";
import { Secret } from "../secret.ts";
import type { Fields, FieldValue, Level } from "../ports/log.ts";
import { cut, cutList, escapeUnsafe, isBare, quote } from "./escape.ts";

export type LogFormat = "pretty" | "logfmt" | "json";
export type LogAddresses = "full" | "masked";

export interface LogRecord {
  /** RFC 3339 with microseconds, in UTC. */
  readonly time: string;
  readonly level: Level;
  readonly area: string;
  readonly message: string;
  readonly fields: Fields;
}

export interface LineStyle {
  readonly format: LogFormat;
  readonly addresses: LogAddresses;
  /** Colours for a terminal; only the pretty format has any. */
  readonly colour: boolean;
}

/** Values that scripts pick up without quotes. */
const BARE_KEYS = new Set(["tls_fingerprint", "fingerprint", "addr", "room", "codec"]);
const RESERVED_KEYS = new Set(["ts", "level", "area", "msg"]);
const LEVEL_TEXT = { debug: "DEBUG", info: " INFO", warn: " WARN", error: "ERROR" } as const;
const LEVEL_COLOUR = { debug: 34, info: 32, warn: 33, error: 31 } as const;

/** One line without its end; whatever the record holds, it contains no line break and no control character. */
export function formatLine(record: LogRecord, style: LineStyle): string {
  switch (style.format) {
    case "pretty":
      return pretty(record, style);
    case "logfmt":
      return logfmt(record, style);
    case "json":
      return json(record, style);
  }
}

/** `a.b.c.d:port` or `[v6]:port`, or only the network (IPv4 /24, IPv6 /48) when masked. */
export function addressText(address: SocketAddress, addresses: LogAddresses): string {
  if (addresses === "full") return formatSocketAddress(address);
  const { ip } = address;
  const groups = ip.includes(":") ? ipv6Groups(ip) : null;
  if (groups !== null) {
    return groups.slice(0, 3).map((group) => group.toString(16)).join(":") + ":x";
  }
  const octets = ip.split(".");
  return octets.length === 4 ? `${octets.slice(0, 3).join(".")}.x` : "x";
}

function pretty(record: LogRecord, style: LineStyle): string {
  const { time, level, area } = record;
  const message = escapeUnsafe(cut(record.message));
  let line = style.colour
    ? `\x1b[2m${time}\x1b[0m \x1b[${LEVEL_COLOUR[level]}m${
      LEVEL_TEXT[level]
    }\x1b[0m \x1b[2m${area}:\x1b[0m ${message}`
    : `${time} ${LEVEL_TEXT[level]} ${area}: ${message}`;
  for (const [key, value] of printable(record.fields, style.addresses)) {
    const bare = typeof value !== "string" || (BARE_KEYS.has(key) && isBare(value));
    line += ` ${key}=${isList(value) ? listText(value, ", ") : bare ? value : quote(value)}`;
  }
  return line;
}

function logfmt(record: LogRecord, style: LineStyle): string {
  const word = (value: Printable): string => {
    if (isList(value)) return quote(listText(value, ","));
    return typeof value !== "string" || isBare(value) ? String(value) : quote(value);
  };
  let line = `ts=${record.time} level=${record.level} area=${word(record.area)} msg=${
    quote(cut(record.message))
  }`;
  for (const [key, value] of printable(record.fields, style.addresses)) {
    line += ` ${unreserved(key)}=${word(value)}`;
  }
  return line;
}

function json(record: LogRecord, style: LineStyle): string {
  let line = `{"ts":${quote(record.time)},"level":${quote(record.level)},"area":${
    quote(record.area)
  },"msg":${quote(cut(record.message))}`;
  for (const [key, value] of printable(record.fields, style.addresses)) {
    const text = isList(value)
      ? listText(value, ",")
      : typeof value === "string"
      ? quote(value)
      : value;
    line += `,${quote(unreserved(key))}:${text}`;
  }
  return line + "}";
}

/** The fields as texts without quotes, for readers that are no terminal. */
export function fieldTexts(fields: Fields, addresses: LogAddresses): Record<string, string> {
  const texts: [string, string][] = [];
  for (const [key, value] of printable(fields, addresses)) {
    texts.push([key, escapeUnsafe(isList(value) ? value.join(", ") : String(value))]);
  }
  // Not by assignment: a field may have any name.
  return Object.fromEntries(texts);
}

type Printable = string | number | boolean | null | readonly string[];

function* printable(fields: Fields, addresses: LogAddresses): Generator<[string, Printable]> {
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (value !== undefined) yield [keyText(key), printableOf(value, addresses)];
  }
}

function printableOf(value: Exclude<FieldValue, undefined>, addresses: LogAddresses): Printable {
  switch (typeof value) {
    case "string":
      return cut(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return String(value);
  }
  if (value === null) return null;
  if (isList(value)) return cutList(value);
  if (value instanceof Error) return cut(value.message === "" ? value.name : value.message);
  if (value instanceof Secret) return value.toString();
  return addressText(value, addresses);
}

function isList(value: FieldValue): value is readonly string[] {
  return Array.isArray(value);
}

/** As JSON, and as the original prints lists. */
function listText(texts: readonly string[], separator: string): string {
  return `[${texts.map(quote).join(separator)}]`;
}

function keyText(key: string): string {
  return key.replace(/[^A-Za-z0-9_.-]/g, "_") || "_";
}

function unreserved(key: string): string {
  return RESERVED_KEYS.has(key) ? `${key}_` : key;
}
