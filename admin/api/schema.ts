/** Schema objects: each says what a JSON value looks like, checks one, and prints itself as JSON Schema. */

/** Draft 2020-12, as OpenAPI 3.1 has it. */
export type JsonSchema = { readonly [key: string]: unknown };

declare const shape: unique symbol;

/** Of values of the type `T`. */
export interface Schema<T> {
  /** The first thing that is wrong, as a sentence that begins with the place, or null. */
  check(value: unknown, at: string): string | null;
  /** Named parts are printed as references. */
  json(): JsonSchema;
  /** Set for parts that are printed once and referred to. */
  readonly name?: string;
  /** Names of other schemas in it are found through these. */
  readonly parts: readonly Schema<unknown>[];
  readonly [shape]?: T;
}

export type Infer<S> = S extends Schema<infer T> ? T : never;

interface Optional<T> extends Schema<T> {
  readonly optional: true;
}
type Fields = Readonly<Record<string, Schema<unknown>>>;
type OptionalKey<F> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F];
export type InferFields<F> =
  & { readonly [K in Exclude<keyof F, OptionalKey<F>>]: Infer<F[K]> }
  & { readonly [K in OptionalKey<F>]?: Infer<F[K]> };

/** What a number may be. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
}

export interface TextLimits {
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: RegExp;
}

/** Any text, or one within limits. Lengths are in UTF-16 units. */
export function text(limits: TextLimits = {}): Schema<string> {
  const { maxLength = Infinity, minLength = 0, pattern } = limits;
  return {
    parts: [],
    check(value, at) {
      if (typeof value !== "string") return `${at} must be text`;
      if (value.length > maxLength) return `${at} is longer than ${maxLength} characters`;
      if (value.length < minLength) return `${at} must not be shorter than ${minLength} characters`;
      return pattern === undefined || pattern.test(value) ? null : `${at} is not of its form`;
    },
    json: () => ({
      type: "string",
      ...(maxLength === Infinity ? {} : { maxLength }),
      ...(minLength === 0 ? {} : { minLength }),
      ...(pattern === undefined ? {} : { pattern: pattern.source }),
    }),
  };
}

/** A finite number. */
export function number(range: NumberRange = {}): Schema<number> {
  return numeric("number", "a number", Number.isFinite, range);
}

export function integer(range: NumberRange = {}): Schema<number> {
  return numeric("integer", "a whole number", Number.isSafeInteger, range);
}

export const boolean: Schema<boolean> = {
  parts: [],
  check: (value, at) => typeof value === "boolean" ? null : `${at} must be true or false`,
  json: () => ({ type: "boolean" }),
};

/** One of a few texts. */
export function oneOf<const T extends string>(...values: T[]): Schema<T> {
  return {
    parts: [],
    check: (value, at) =>
      (values as unknown[]).includes(value) ? null : `${at} must be one of ${values.join(", ")}`,
    json: () => ({ type: "string", enum: values }),
  };
}

export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    parts: [inner],
    check: (value, at) => value === null ? null : inner.check(value, at),
    json: () => ({ anyOf: [reference(inner), { type: "null" }] }),
  };
}

/** A field that may be missing. */
export function optional<T>(inner: Schema<T>): Optional<T> {
  return {
    optional: true,
    parts: [inner],
    check: (value, at) => inner.check(value, at),
    json: () => reference(inner),
  };
}

export function list<T>(item: Schema<T>): Schema<readonly T[]> {
  return {
    parts: [item],
    check(value, at) {
      if (!Array.isArray(value)) return `${at} must be a list`;
      for (const [index, each] of value.entries()) {
        const problem = item.check(each, `${at}[${index}]`);
        if (problem !== null) return problem;
      }
      return null;
    },
    json: () => ({ type: "array", items: reference(item) }),
  };
}

/** An object with any keys and values of one kind. */
export function record<T>(item: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return {
    parts: [item],
    check(value, at) {
      if (!isObject(value)) return `${at} must be an object`;
      for (const [key, each] of Object.entries(value)) {
        const problem = item.check(each, `${at}.${key}`);
        if (problem !== null) return problem;
      }
      return null;
    },
    json: () => ({ type: "object", additionalProperties: reference(item) }),
  };
}

/** An object with these fields and no others. */
export function object<const F extends Fields>(fields: F): Schema<InferFields<F>> {
  const names = Object.keys(fields);
  const required = names.filter((name) => !("optional" in fields[name]!));
  return {
    parts: Object.values(fields),
    check(value, at) {
      if (!isObject(value)) return `${at} must be an object`;
      const missing = required.find((name) => !Object.hasOwn(value, name));
      if (missing !== undefined) return `${at}.${missing} is missing`;
      for (const [name, each] of Object.entries(value)) {
        if (!Object.hasOwn(fields, name)) return `${at}.${name} is not known`;
        const problem = fields[name]!.check(each, `${at}.${name}`);
        if (problem !== null) return problem;
      }
      return null;
    },
    json: () => ({
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, reference(fields[name]!)])),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
    }),
  };
}

/** One of several kinds of object. */
export function either<T>(...choices: Schema<T>[]): Schema<T> {
  return {
    parts: choices,
    check(value, at) {
      const problems = choices.map((choice) => choice.check(value, at));
      return problems.includes(null) ? null : problems.join("; or ");
    },
    json: () => ({ anyOf: choices.map(reference) }),
  };
}

/** The same, printed once under this name. */
export function named<T>(name: string, inner: Schema<T>): Schema<T> {
  return { ...inner, name };
}

/** How a schema stands inside of another. */
export function reference(schema: Schema<unknown>): JsonSchema {
  const { name } = schema;
  return name === undefined ? schema.json() : { $ref: `#/components/schemas/${name}` };
}

/** Everything named in these schemas, by name. Two different ones of a name are a fault. */
export function namedParts(schemas: Iterable<Schema<unknown>>): Map<string, Schema<unknown>> {
  const found = new Map<string, Schema<unknown>>();
  const visit = (schema: Schema<unknown>): void => {
    const { name, parts } = schema;
    if (name !== undefined) {
      const known = found.get(name);
      if (known !== undefined && known !== schema) throw new TypeError(`Two schemas named ${name}`);
      if (known === schema) return;
      found.set(name, schema);
    }
    parts.forEach(visit);
  };
  for (const schema of schemas) visit(schema);
  return new Map([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

function numeric(
  type: "number" | "integer",
  called: string,
  fits: (value: number) => boolean,
  { min = -Infinity, max = Infinity }: NumberRange,
): Schema<number> {
  return {
    parts: [],
    check(value, at) {
      if (typeof value !== "number" || !fits(value)) return `${at} must be ${called}`;
      if (value < min) return `${at} must be at least ${min}`;
      return value > max ? `${at} must be at most ${max}` : null;
    },
    json: () => ({
      type,
      ...(min === -Infinity ? {} : { minimum: min }),
      ...(max === Infinity ? {} : { maximum: max }),
    }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
