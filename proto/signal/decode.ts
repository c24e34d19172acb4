/**
 * From bytes to messages. As strict as the original (serde_json), except that duplicated keys (the last
 * counts), `1.0` for an integer and `-0` are accepted, and a struct written as an array is not. Nothing but
 * `WireError` is thrown, whatever the bytes.
 */
import { WireError } from "../errors.ts";
import { type Descriptor, MAX_U64, type Struct } from "./descriptor.ts";
import { MAX_EXT_BYTES } from "./ext.ts";
import { shortestFloat32 } from "./float32.ts";
import { MAX_MESSAGE_BYTES, MAX_VARIANT_LENGTH, type Signal, VARIANTS } from "./signal.ts";

/**
 * As deep as serde_json reads. Bounds the recursion below and spares the parser the cost of a bomb.
 */
const MAX_DEPTH = 127;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The message in these bytes, which are the JSON without the length in front. Throws `WireError`. */
export function decodeSignal(bytes: Uint8Array): Signal {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new WireError("too_large", `Cannot decode message: ${bytes.length} bytes`);
  }
  if (isTooDeep(bytes)) {
    throw new WireError("not_json", `Cannot decode message: more than ${MAX_DEPTH} levels`);
  }
  return decodeMessage(parse(bytes));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw new WireError("not_json", "Cannot decode message: not UTF-8 or not JSON");
  }
}

/** Right for valid JSON; for other text it does not matter, because the parser stops at the first fault. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

function decodeMessage(json: unknown): Signal {
  const [name, content] = typeof json === "string" ? [json, null] as const : onlyEntry(json);
  const variant = VARIANTS.get(name);
  if (variant === undefined) {
    return { type: "unknown", variant: name.slice(0, MAX_VARIANT_LENGTH).toWellFormed() };
  }
  if (variant !== "unit") return decodeStruct(variant, content, name, { type: name }) as Signal;
  if (content !== null) fail(name, "no content");
  return { type: name } as Signal;
}

function onlyEntry(json: unknown): [string, unknown] {
  const object = asObject(json, "message");
  const [name, ...others] = Object.keys(object);
  if (name === undefined || others.length > 0) fail("message", "exactly one key");
  return [name, object[name]];
}

function decodeStruct(
  struct: Struct,
  json: unknown,
  at: string,
  into: Record<string, unknown> = {},
): Record<string, unknown> {
  const object = asObject(json, at);
  for (const entry of struct.entries) {
    into[entry.name] = decodeValue(entry.of, object[entry.name], entry.at);
  }
  return into;
}

/** `json` is undefined for an absent field. */
function decodeValue(of: Descriptor, json: unknown, at: string): unknown {
  switch (of.kind) {
    case "integer":
      return decodeInteger(json, of.max, at);
    case "f32": {
      const value = typeof json === "number" ? shortestFloat32(json) : NaN;
      if (!(value >= of.min && value < Infinity && value > -Infinity)) {
        fail(at, "a number in range");
      }
      return value;
    }
    case "bool":
      if (typeof json !== "boolean") fail(at, "a boolean");
      return json;
    case "string":
      return decodeString(json, at);
    case "bytes":
      return decodeBytes(json, of.length, at);
    case "enum":
      if (typeof json !== "string" || !of.names.includes(json)) fail(at, "a known name");
      return json;
    case "list": {
      const items = asArray(json, at);
      if (items.length > of.maxLength) fail(at, `at most ${of.maxLength} items`);
      return items.map((item) => decodeValue(of.of, item, at));
    }
    case "map": {
      const entries = Object.entries(asObject(json, at));
      if (entries.length > of.maxEntries) fail(at, `at most ${of.maxEntries} entries`);
      return new Map(
        entries.map(([key, value]) => [decodeString(key, at), decodeValue(of.of, value, at)]),
      );
    }
    case "struct":
      return decodeStruct(of, json, at);
    case "message":
      return decodeMessage(json);
    case "optional":
      return json === undefined || json === null ? null : decodeValue(of.of, json, at);
    case "default":
      return json === undefined ? of.value : decodeValue(of.of, json, at);
    case "ext":
      return decodeExt(of.of, json, at);
  }
}

/** Null for anything wrong: a peer that means something else by `ext` is an original to us, not an enemy. */
function decodeExt(struct: Struct, json: unknown, at: string): unknown {
  if (json === undefined || json === null) return null;
  try {
    // Measured as this side would write it, so that what was accepted can be passed on.
    const text = JSON.stringify({ v: 1, caps: [], ...asObject(json, at) });
    if (text.length > MAX_EXT_BYTES || encoder.encode(text).length > MAX_EXT_BYTES) return null;
    return decodeStruct(struct, json, at);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function decodeInteger(json: unknown, max: number, at: string): number {
  if (typeof json !== "number" || !Number.isInteger(json) || json < 0) fail(at, "an integer");
  if (json > max) fail(at, `at most ${max}`);
  return Math.min(json, MAX_U64) + 0;
}

function decodeString(json: unknown, at: string): string {
  // Half a surrogate pair can be written in JSON but not in UTF-8; originals refuse it.
  if (typeof json !== "string" || !json.isWellFormed()) fail(at, "a string");
  return json;
}

function decodeBytes(json: unknown, length: number | null, at: string): Uint8Array {
  const items = asArray(json, at);
  if (length !== null && items.length !== length) fail(at, `${length} bytes`);
  const bytes = new Uint8Array(items.length);
  for (let i = 0; i < items.length; i++) bytes[i] = decodeInteger(items[i], 0xff, at);
  return bytes;
}

function asObject(json: unknown, at: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) fail(at, "an object");
  return json as Record<string, unknown>;
}

function asArray(json: unknown, at: string): unknown[] {
  if (!Array.isArray(json)) fail(at, "an array");
  return json;
}

function fail(at: string, expected: string): never {
  throw new WireError("bad_field", `Cannot decode ${at}: expected ${expected}`);
}
