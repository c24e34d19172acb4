/** The small language in which every message is described once; types, decoder and encoder follow from it. */

/** How one value looks in JSON. */
export type Descriptor =
  | { readonly kind: "integer"; readonly max: number }
  | { readonly kind: "f32"; readonly min: number }
  | { readonly kind: "bool" }
  | { readonly kind: "string" }
  | { readonly kind: "bytes"; readonly length: number | null }
  | { readonly kind: "enum"; readonly names: readonly string[] }
  | { readonly kind: "list"; readonly of: Descriptor; readonly maxLength: number }
  | { readonly kind: "map"; readonly of: Descriptor; readonly maxEntries: number }
  | Struct
  | { readonly kind: "message" }
  | { readonly kind: "optional"; readonly of: Descriptor; readonly none: "omit" | "null" }
  | {
    readonly kind: "default";
    readonly of: Descriptor;
    readonly value: unknown;
    readonly omitEmpty: boolean;
  }
  | { readonly kind: "ext"; readonly of: Struct };

/** Field name on the wire to its descriptor, in the order of output. */
export interface Fields {
  readonly [name: string]: Descriptor;
}

export interface Struct {
  readonly kind: "struct";
  readonly fields: Fields;
  /** The fields again, ready to walk, each with the place that error messages name. */
  readonly entries: readonly StructEntry[];
}

interface StructEntry {
  readonly name: string;
  readonly of: Descriptor;
  readonly at: string;
}

/** 2^64 - 2048, the largest u64 that is a number. */
export const MAX_U64 = 2 ** 64 - 2048;

export const u8 = { kind: "integer", max: 0xff } as const;
export const u16 = { kind: "integer", max: 0xffff } as const;
export const u32 = { kind: "integer", max: 0xffff_ffff } as const;
/**
 * Exact up to 2^53, above that the nearest number, at most `MAX_U64`. The limit is one higher than a u64
 * because the text of the largest u64 parses to 2^64.
 */
export const u64 = { kind: "integer", max: 2 ** 64 } as const;
/** The number whose text is the shortest that names the single-precision value. */
export const f32 = { kind: "f32", min: -Infinity } as const;
/** An `f32` that is not negative: a time, a share, a load. */
export const measure = { kind: "f32", min: 0 } as const;
export const bool = { kind: "bool" } as const;
/** Any Unicode text; half a surrogate pair is refused on input and replaced on output. */
export const string = { kind: "string" } as const;
/** A number array of any length. */
export const bytes = { kind: "bytes", length: null } as const;
export const bytes16 = { kind: "bytes", length: 16 } as const;
export const bytes32 = { kind: "bytes", length: 32 } as const;
/** A whole message inside another. */
export const message = { kind: "message" } as const;

/** A string out of a fixed set. */
export function enumOf<const N extends readonly string[]>(...names: N) {
  return { kind: "enum", names } as const;
}

export function list<D extends Descriptor>(of: D, maxLength = Infinity) {
  return { kind: "list", of, maxLength } as const;
}

/** A JSON object with free keys; a `Map`, so that no key can be harmful. */
export function map<D extends Descriptor>(of: D, maxEntries: number) {
  return { kind: "map", of, maxEntries } as const;
}

/** None is `null`; absent and `null` are the same on input, `none` says what is written. */
export function optional<D extends Descriptor>(of: D, none: "omit" | "null") {
  return { kind: "optional", of, none } as const;
}

/** Takes `value` when absent; is always written. */
export function withDefault<D extends Descriptor>(of: D, value: number | string | boolean | []) {
  return { kind: "default", of, value: Object.freeze(value), omitEmpty: false } as const;
}

/** A list that is empty when absent and left out when empty. */
export function listOrAbsent<D extends Descriptor>(of: D, maxLength = Infinity) {
  const items = list(of, maxLength);
  return { kind: "default", of: items, value: Object.freeze([]), omitEmpty: true } as const;
}

/** `name` is used in error messages only. */
export function struct<const F extends Fields>(name: string, fields: F) {
  const entries = Object.entries(fields).map(([field, of]) => (
    { name: field, of, at: `${name}.${field}` }
  ));
  return { kind: "struct", fields, entries } as const;
}

/** The optional `ext` object: bounded, left out when null, and null when its content is not valid. */
export function ext<S extends Struct>(of: S) {
  return { kind: "ext", of } as const;
}

/** Supplies the type of a nested message; an interface, so that messages may contain messages. */
export interface MessageType {
  readonly message: unknown;
}

/** The TypeScript type of what a descriptor describes. */
export type Infer<D, M extends MessageType> = D extends { kind: "integer" | "f32" } ? number
  : D extends { kind: "bool" } ? boolean
  : D extends { kind: "string" } ? string
  : D extends { kind: "bytes" } ? Uint8Array
  : D extends { kind: "enum"; names: readonly (infer N)[] } ? N
  : D extends { kind: "list"; of: infer E } ? readonly Infer<E, M>[]
  : D extends { kind: "map"; of: infer E } ? ReadonlyMap<string, Infer<E, M>>
  : D extends { kind: "struct"; fields: infer F } ? InferFields<F, M>
  : D extends { kind: "message" } ? M["message"]
  : D extends { kind: "optional" | "ext"; of: infer E } ? Infer<E, M> | null
  : D extends { kind: "default"; of: infer E } ? Infer<E, M>
  : never;

/** The same for a set of fields. */
export type InferFields<F, M extends MessageType> = {
  readonly [K in keyof F]: Infer<F[K], M>;
};
