/** What a PromQL expression consists of, and which values its parts have. */

/** `vector`: a value per series at one moment; `matrix`: values per series over a range. */
export type ValueType = "scalar" | "string" | "vector" | "matrix";

export interface Matcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

export interface Selector {
  readonly kind: "selector";
  /** Empty when only labels are matched. */
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** Milliseconds; null for the values of one moment. */
  readonly range: number | null;
}

export interface Subquery {
  readonly kind: "subquery";
  readonly of: Expression;
}

export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
}

export interface Aggregation {
  readonly kind: "aggregation";
  readonly name: string;
  /** Before the vector, as of `topk` and `quantile`. */
  readonly parameter: Expression | null;
  readonly of: Expression;
  /** Null: one group of everything. */
  readonly grouping: Grouping | null;
}

export interface Grouping {
  readonly kind: "by" | "without";
  readonly labels: readonly string[];
}

export interface Binary {
  readonly kind: "binary";
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
  /** Compares to 0 or 1 instead of leaving series out. */
  readonly bool: boolean;
  readonly matching: Matching | null;
}

export interface Matching {
  readonly kind: "on" | "ignoring";
  readonly labels: readonly string[];
  /** Which side may have several series per match, and the labels that come from the other. */
  readonly many: "left" | "right" | null;
  readonly include: readonly string[];
}

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "sign"; readonly of: Expression }
  | Selector
  | Subquery
  | Call
  | Aggregation
  | Binary;

/** What aggregates, and the type of the parameter where there is one. */
export const AGGREGATIONS: Readonly<Record<string, ValueType | null>> = {
  avg: null,
  bottomk: "scalar",
  count: null,
  count_values: "string",
  group: null,
  max: null,
  min: null,
  quantile: "scalar",
  stddev: null,
  stdvar: null,
  sum: null,
  topk: "scalar",
};

export const COMPARISONS = ["==", "!=", "<=", "<", ">=", ">"];
export const SET_OPERATORS = ["and", "or", "unless"];

/** By how tightly they bind, loosest first. */
export const PRECEDENCE: readonly (readonly string[])[] = [
  ["or"],
  ["and", "unless"],
  COMPARISONS,
  ["+", "-"],
  ["*", "/", "%", "atan2"],
  ["^"],
];
