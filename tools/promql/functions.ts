/** The functions of PromQL that are about metrics like ours, with what they take and give. */
import type { ValueType } from "./syntax.ts";

export interface Signature {
  readonly takes: readonly ValueType[];
  /** How many of the last arguments may be left out; -1 when the last may come any number of times. */
  readonly optional: number;
  readonly gives: ValueType;
}

const VECTOR_TO_VECTOR = "abs absent ceil exp floor ln log2 log10 sgn sort " +
  "sort_desc sqrt timestamp acos acosh asin asinh atan atanh cos cosh deg rad sin sinh tan tanh";
const MATRIX_TO_VECTOR = "absent_over_time avg_over_time changes count_over_time delta deriv " +
  "idelta increase irate last_over_time max_over_time min_over_time present_over_time rate resets " +
  "stddev_over_time stdvar_over_time sum_over_time";
const CALENDAR = "day_of_month day_of_week day_of_year days_in_month hour minute month year";

/** By name. */
export const FUNCTIONS: Readonly<Record<string, Signature>> = {
  ...all(VECTOR_TO_VECTOR, ["vector"]),
  ...all(MATRIX_TO_VECTOR, ["matrix"]),
  ...all(CALENDAR, ["vector"], 1),
  clamp: { takes: ["vector", "scalar", "scalar"], optional: 0, gives: "vector" },
  clamp_max: { takes: ["vector", "scalar"], optional: 0, gives: "vector" },
  clamp_min: { takes: ["vector", "scalar"], optional: 0, gives: "vector" },
  histogram_quantile: { takes: ["scalar", "vector"], optional: 0, gives: "vector" },
  holt_winters: { takes: ["matrix", "scalar", "scalar"], optional: 0, gives: "vector" },
  label_join: {
    takes: ["vector", "string", "string", "string"],
    optional: -1,
    gives: "vector",
  },
  label_replace: {
    takes: ["vector", "string", "string", "string", "string"],
    optional: 0,
    gives: "vector",
  },
  pi: { takes: [], optional: 0, gives: "scalar" },
  predict_linear: { takes: ["matrix", "scalar"], optional: 0, gives: "vector" },
  quantile_over_time: { takes: ["scalar", "matrix"], optional: 0, gives: "vector" },
  round: { takes: ["vector", "scalar"], optional: 1, gives: "vector" },
  scalar: { takes: ["vector"], optional: 0, gives: "scalar" },
  time: { takes: [], optional: 0, gives: "scalar" },
  vector: { takes: ["scalar"], optional: 0, gives: "vector" },
};

/** Functions that make sense of counters only: of a gauge they give nonsense. */
export const OF_COUNTERS = ["increase", "irate", "rate", "resets"];
/** And those that make sense of gauges only: a counter jumps back when a relay starts anew. */
export const OF_GAUGES = ["delta", "deriv", "idelta", "predict_linear"];

function all(names: string, takes: ValueType[], optional = 0): Record<string, Signature> {
  const known = names.split(" ");
  return Object.fromEntries(known.map((name) => [name, { takes, optional, gives: "vector" }]));
}
