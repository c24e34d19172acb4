/**
 * The kinds of values a configuration key can hold: how each is read from TOML, JSON or text, and
 * turned back. Made by hand instead of with zod: a key also needs reading from text, printing as TOML
 * and sentences in the words of this relay, zod would only do the checking and costs 13 ms and 150 KB at every start.
 */
import { knownInstead } from "./nearest.ts";

/** A value as TOML and JSON hold it. */
export type Raw = string | number | boolean | readonly Raw[] | { readonly [name: string]: Raw };

/** What is wrong, where inside the value, and what was found there instead. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly text: string;
  readonly got?: unknown;
  /** Set when the last step of the path is a name that does not belong there. */
  readonly misplaced?: true;
}

export type Reading<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

export interface ValueType<T> {
  /** Stands for the value in `--help`: `ip:port`, `seconds`. */
  readonly shape: string;
  /** Ends the sentence "must be ...". */
  readonly expected: string;
  /** True when the flag alone means true. */
  readonly isSwitch?: boolean;
  /** Of lists: the type of one element; a flag for the list may be repeated. */
  readonly element?: ValueType<unknown>;
  read(raw: unknown): Reading<T>;
  /** Text of a flag or environment variable as the raw value it stands for. Text that fits nothing stays text. */
  fromText(text: string): unknown;
  /** The inverse of `read`; null when nothing is set. */
  raw(value: T): Raw | null;
  /** Replaces a leading `~`; null when `home` is needed and unknown. */
  expand?(value: T, home: string | undefined): T | null;
}

/** A reading that failed as a whole. */
export function wrong(expected: string, got: unknown): { problems: Problem[] } {
  return { problems: [{ path: [], text: `must be ${expected}`, got }] };
}

/** A number from `min` to `max`; `shape` names what it counts. */
export function number(
  limits: { shape: string; min: number; max: number; whole?: boolean },
): ValueType<number> {
  const { shape, min, max, whole = false } = limits;
  const expected = `a ${whole ? "whole " : ""}number from ${min} to ${max}`;
  return {
    shape,
    expected,
    read(raw) {
      const fits = typeof raw === "number" && raw >= min && raw <= max &&
        (!whole || Number.isInteger(raw));
      return fits ? { value: raw + 0 } : wrong(expected, raw);
    },
    fromText: (text) => /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text,
    raw: (value) => value,
  };
}

/** true or false; as a flag it needs no value. */
export const boolean: ValueType<boolean> = {
  shape: "true|false",
  expected: "true or false",
  isSwitch: true,
  read: (raw) => typeof raw === "boolean" ? { value: raw } : wrong("true or false", raw),
  fromText: (text) => text === "true" ? true : text === "false" ? false : text,
  raw: (value) => value,
};

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): ValueType<T> {
  const known = new Map<unknown, T>(words.map((word) => [word, word]));
  const expected = `one of ${words.join(", ")}`;
  return textual({
    shape: words.join("|"),
    expected,
    read(raw) {
      const value = known.get(raw);
      return value === undefined ? wrong(expected, raw) : { value };
    },
    raw: (value) => value,
  });
}

/** Any text that is not empty. */
export const text: ValueType<string> = textual({
  shape: "text",
  expected: "text, not empty",
  read: (raw) =>
    typeof raw === "string" && raw !== "" ? { value: raw } : wrong("text, not empty", raw),
  raw: (value) => value,
});

/** A path of a file or directory; a leading `~/` is the home directory. */
export function path(shape: "file" | "directory"): ValueType<string> {
  const expected = `the path of a ${shape}`;
  return textual({
    shape,
    expected,
    read(raw) {
      if (typeof raw !== "string" || raw === "" || raw.includes("\0") || !raw.isWellFormed()) {
        return wrong(expected, raw);
      }
      // Without the slash, so that users of a directory can write `${directory}/name`.
      return { value: shape === "directory" ? raw.replace(/(?<=[^/])\/+$/, "") : raw };
    },
    raw: (value) => value,
    expand: expandHome,
  });
}

/** The path with a leading `~/` replaced by the home directory; null when that is needed and unknown. */
export function expandHome(path: string, home: string | undefined): string | null {
  if (path !== "~" && !path.startsWith("~/")) return path;
  return home ? home.replace(/\/+$/, "") + path.slice(1) : null;
}

/** A value that may be missing. */
export function optional<T>(type: ValueType<T>): ValueType<T | null> {
  return {
    ...type,
    read: (raw) => raw === null ? { value: null } : type.read(raw),
    raw: (value) => value === null ? null : type.raw(value),
    ...(type.expand && {
      expand: (value: T | null, home: string | undefined) =>
        value === null ? null : type.expand!(value, home),
    }),
  };
}

/** A list; all its elements are checked. In the environment it is written as JSON. */
export function list<T>(element: ValueType<T>): ValueType<readonly T[]> {
  return {
    shape: element.shape,
    expected: `a list, each element ${element.expected}`,
    element,
    read(raw) {
      if (!Array.isArray(raw)) return wrong("a list", raw);
      return collect(raw.map((item, index) => [index, element.read(item)] as const), (values) => {
        return values as T[];
      });
    },
    fromText: json,
    raw: (values) => values.map((value) => element.raw(value) ?? ""),
  };
}

/** A list in which nothing stands twice; `same` is the text that two equal elements share. */
export function distinct<T>(
  type: ValueType<readonly T[]>,
  same: (value: T) => string,
): ValueType<readonly T[]> {
  return {
    ...type,
    read(raw) {
      const reading = type.read(raw);
      if (!("value" in reading)) return reading;
      const seen = new Set<string>();
      const problems: Problem[] = [];
      for (const [index, value] of reading.value.entries()) {
        const text = same(value);
        if (seen.has(text)) problems.push({ path: [index], text: `is ${text} once more` });
        seen.add(text);
      }
      return problems.length > 0 ? { problems } : reading;
    },
  };
}

type Fields = { readonly [name: string]: ValueType<unknown> };
type Table<F extends Fields> = {
  readonly [N in keyof F]: F[N] extends ValueType<infer T> ? T : never;
};

/** A table with fixed fields, such as one `[[peers]]` entry. A field is required unless its type is optional. */
export function table<F extends Fields>(fields: F): ValueType<Table<F>> {
  const names = Object.keys(fields);
  const expected = `a table with ${names.join(", ")}`;
  return {
    shape: "table",
    expected,
    read(raw) {
      if (!isTable(raw)) return wrong(expected, raw);
      const parts: (readonly [string, Reading<unknown>])[] = [];
      for (const [name, type] of Object.entries(fields)) {
        const present = Object.hasOwn(raw, name);
        const reading = type.read(present ? raw[name] : null);
        parts.push([name, present || "value" in reading ? reading : missing]);
      }
      for (const name of Object.keys(raw)) {
        if (!Object.hasOwn(fields, name)) parts.push([name, unknownField(name, names)]);
      }
      return collect(parts, (values) => {
        return Object.fromEntries(names.map((name, index) => [name, values[index]])) as Table<F>;
      });
    },
    fromText: json,
    raw(value) {
      const given = Object.entries(fields).map(([name, type]) => {
        return [name, type.raw(value[name as keyof F])] as const;
      });
      return Object.fromEntries(given.filter((pair): pair is [string, Raw] => pair[1] !== null));
    },
  };
}

/** True for a TOML or JSON table; dates are values. */
export function isTable(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
}

const missing: Reading<never> = { problems: [{ path: [], text: "is missing" }] };

function unknownField(name: string, names: readonly string[]): Reading<never> {
  const known = knownInstead(name, names, { kind: "name", otherwise: "see the reference" });
  const text = `is not known here; ${known}`;
  return { problems: [{ path: [], text, misplaced: true }] };
}

/** A type that flags and variables give as plain text. */
export function textual<T>(type: Omit<ValueType<T>, "fromText">): ValueType<T> {
  return { ...type, fromText: (text) => text };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** All values, or all problems with their place put in front. */
function collect<T>(
  parts: readonly (readonly [string | number, Reading<unknown>])[],
  build: (values: unknown[]) => T,
): Reading<T> {
  const values: unknown[] = [];
  const problems: Problem[] = [];
  for (const [step, reading] of parts) {
    if ("value" in reading) values.push(reading.value);
    else for (const p of reading.problems) problems.push({ ...p, path: [step, ...p.path] });
  }
  return problems.length > 0 ? { problems } : { value: build(values) };
}
