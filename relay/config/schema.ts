/** What a configuration key is made of, and what follows from a table of them. */
import type { Problem, Raw, ValueType } from "./value_types.ts";

export interface Key<T> {
  readonly type: ValueType<T>;
  /** Raw value when nothing is given; null where the type is optional. */
  readonly default: Raw | null | DerivedDefault;
  readonly unit?: string;
  /** What a default of nothing comes to, where that is something. */
  readonly unset?: string;
  /** Why the default is what it is. */
  readonly reason: string;
  /** What the key does: one or two sentences. */
  readonly help: string;
  /** Long and short flag, with dashes. Secrets have none: other users can read command lines. */
  readonly flag?: string;
  readonly short?: string;
  /** True when SIGHUP applies a change, false when it needs a restart. */
  readonly reload: boolean;
  /** Never printed; the environment may name a file that holds it. */
  readonly secret?: boolean;
  /** Shown in the example file when the default is nothing. */
  readonly sample?: Raw;
  /** What is wrong with a value beside those of other keys, which are had by dotted name. */
  beside?(value: T, other: (name: string) => unknown): readonly Problem[];
}

/** A default that follows from other keys. */
export interface DerivedDefault {
  /** For readers. */
  readonly text: string;
  /** Gets the values of all keys without a derived default, by dotted name. */
  from(value: (name: string) => unknown): Raw;
}

export function isDerived(standard: Key<unknown>["default"]): standard is DerivedDefault {
  return typeof standard === "object" && standard !== null && "from" in standard &&
    typeof standard.from === "function";
}

/** A TOML table of keys. */
export interface Section<S extends Schema> {
  readonly keys: S;
}

export interface Schema {
  readonly [name: string]: Key<unknown> | Section<Schema>;
}

/** The configuration object of a schema. */
export type ConfigOf<S> = {
  readonly [N in keyof S]: S[N] extends Key<infer T> ? T
    : S[N] extends Section<infer K> ? ConfigOf<K>
    : never;
};

/** Lets the type of a key follow from its `type`. */
export function key<T>(definition: Key<T>): Key<T> {
  return definition;
}

/** One key with its place. */
export interface Entry {
  readonly path: readonly string[];
  /** Dotted, as error messages name it. */
  readonly name: string;
  /** Environment variable. */
  readonly variable: string;
  readonly key: Key<unknown>;
}

/** All keys of a schema, those of sections after the plain ones. */
export function entriesOf(schema: Schema, parents: readonly string[] = []): Entry[] {
  const plain: Entry[] = [];
  const nested: Entry[] = [];
  for (const [name, item] of Object.entries(schema)) {
    const path = [...parents, name];
    if ("keys" in item) nested.push(...entriesOf(item.keys, path));
    else {
      const variable = `WZP_${path.join("__").toUpperCase()}`;
      plain.push({ path, name: path.join("."), variable, key: item });
    }
  }
  return [...plain, ...nested];
}

/** The value at a path of a configuration object. */
export function valueAt(config: unknown, path: readonly string[]): unknown {
  return path.reduce((value, step) => (value as Record<string, unknown>)[step], config);
}
