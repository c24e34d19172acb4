/**
 * From messages to bytes, in the form an original accepts. Values that its types do not allow (a fraction
 * in an integer field, 31 bytes for 32) are the caller's mistake and throw `RangeError` or `TypeError`.
 */
import { WireError } from "../errors.ts";
import { type Descriptor, MAX_U64, type Struct } from "./descriptor.ts";
import { MAX_EXT_BYTES } from "./ext.ts";
import { shortestFloat32 } from "./float32.ts";
import { type KnownSignal, MAX_MESSAGE_BYTES, VARIANTS } from "./signal.ts";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const encoder = new TextEncoder();

/**
 * The message as JSON bytes, without the length in front. Throws `WireError` `too_large` over 1 MiB, which
 * content that others sent can cause.
 */
export function encodeSignal(message: KnownSignal): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(encodeMessage(message)));
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new WireError("too_large", `Cannot encode ${message.type}: ${bytes.length} bytes`);
  }
  return bytes;
}

function encodeMessage(message: { readonly type: string }): Json {
  const variant = VARIANTS.get(message.type);
  if (variant === undefined) throw new TypeError("Cannot encode message: unknown variant");
  if (variant === "unit") return message.type;
  return { [message.type]: encodeStruct(variant, message) };
}

function encodeStruct(struct: Struct, value: object): { [key: string]: Json } {
  const json: { [key: string]: Json } = {};
  for (const { name, of, at } of struct.entries) {
    const encoded = encodeValue(of, (value as Record<string, unknown>)[name], at);
    if (encoded !== undefined) json[name] = encoded;
  }
  return json;
}

/** Undefined for a field that is left out. */
function encodeValue(of: Descriptor, value: unknown, at: string): Json | undefined {
  switch (of.kind) {
    case "integer":
      return encodeInteger(value, of.max, at);
    case "f32": {
      const rounded = shortestFloat32(value as number);
      if (!(rounded >= of.min && rounded < Infinity && rounded > -Infinity)) {
        throw new RangeError(`Cannot encode ${at}: out of range`);
      }
      return rounded;
    }
    case "bool":
      if (typeof value !== "boolean") throw new TypeError(`Cannot encode ${at}: not a boolean`);
      return value;
    case "string":
      return encodeString(value, at);
    case "bytes": {
      const bytes = value as Uint8Array;
      if (of.length !== null && bytes.length !== of.length) {
        throw new RangeError(`Cannot encode ${at}: ${bytes.length} bytes, not ${of.length}`);
      }
      return Array.from(bytes);
    }
    case "enum":
      if (!of.names.includes(value as string)) {
        throw new RangeError(`Cannot encode ${at}: not one of its names`);
      }
      return value as string;
    case "list":
      return encodeList(of.of, value as readonly unknown[], of.maxLength, at);
    case "map": {
      const entries = [...(value as ReadonlyMap<string, unknown>)];
      if (entries.length > of.maxEntries) {
        throw new RangeError(`Cannot encode ${at}: more than ${of.maxEntries} entries`);
      }
      // Object.fromEntries defines keys, `__proto__` included, and never sets a prototype.
      return Object.fromEntries(
        entries.map(([key, entry]) => [encodeString(key, at), encodeItem(of.of, entry, at)]),
      );
    }
    case "struct":
      return encodeStruct(of, value as object);
    case "message":
      return encodeMessage(value as { type: string });
    case "optional":
      if (value !== null && value !== undefined) return encodeValue(of.of, value, at);
      return of.none === "null" ? null : undefined;
    case "default":
      if (of.omitEmpty && (value as readonly unknown[]).length === 0) return undefined;
      return encodeValue(of.of, value, at);
    case "ext":
      return value === null || value === undefined ? undefined : encodeExt(of.of, value, at);
  }
}

/** A receiver would take a larger one for absent, so it must not leave the house. */
function encodeExt(struct: Struct, value: object, at: string): Json {
  const json = encodeStruct(struct, value);
  if (encoder.encode(JSON.stringify(json)).length > MAX_EXT_BYTES) {
    throw new RangeError(`Cannot encode ${at}: more than ${MAX_EXT_BYTES} bytes`);
  }
  return json;
}

function encodeList(of: Descriptor, items: readonly unknown[], max: number, at: string): Json {
  if (items.length > max) throw new RangeError(`Cannot encode ${at}: more than ${max} items`);
  return items.map((item) => encodeItem(of, item, at));
}

/** Inside lists and maps nothing can be left out. */
function encodeItem(of: Descriptor, item: unknown, at: string): Json {
  return encodeValue(of, item, at) ?? null;
}

function encodeInteger(value: unknown, max: number, at: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`Cannot encode ${at}: not an integer up to ${max}`);
  }
  return Math.min(value, MAX_U64);
}

function encodeString(value: unknown, at: string): string {
  if (typeof value !== "string") throw new TypeError(`Cannot encode ${at}: not a string`);
  return value.toWellFormed();
}
