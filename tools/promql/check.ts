/** Whether a PromQL expression means something: types fit, metrics and labels exist, rates are of counters. */
import { FUNCTIONS, OF_COUNTERS, OF_GAUGES } from "./functions.ts";
import { type KnownMetric, TARGET_LABELS } from "./known_metrics.ts";
import {
  type Aggregation,
  AGGREGATIONS,
  type Binary,
  type Call,
  COMPARISONS,
  type Expression,
  type Matcher,
  type Selector,
  SET_OPERATORS,
  type ValueType,
} from "./syntax.ts";
import { PromqlError } from "./tokens.ts";

/** What an expression yields. */
export interface Result {
  readonly type: ValueType;
  /** Labels its series can have. */
  readonly labels: ReadonlySet<string>;
  /** Of what kind the values are; null after arithmetic and the like. */
  readonly of: KnownMetric["type"] | null;
}

type Known = ReadonlyMap<string, KnownMetric>;

const NOTHING: ReadonlySet<string> = new Set();

/** The result of the expression. Throws `PromqlError` with what does not fit. */
export function checkPromql(expression: Expression, known: Known): Result {
  switch (expression.kind) {
    case "number":
      return { type: "scalar", labels: NOTHING, of: null };
    case "string":
      return { type: "string", labels: NOTHING, of: null };
    case "sign": {
      const { type, labels } = checkPromql(expression.of, known);
      if (type !== "scalar" && type !== "vector") throw wrong(`A sign before a ${type}`);
      return { type, labels, of: null };
    }
    case "selector":
      return checkSelector(expression, known);
    case "subquery": {
      const { type, labels, of } = checkPromql(expression.of, known);
      if (type !== "vector") throw wrong(`A subquery of a ${type}`);
      return { type: "matrix", labels, of };
    }
    case "call":
      return checkCall(expression, known);
    case "aggregation":
      return checkAggregation(expression, known);
    case "binary":
      return checkBinary(expression, known);
  }
}

function checkSelector({ metric, matchers, range }: Selector, known: Known): Result {
  const found = known.get(metric);
  if (found === undefined) throw wrong(`There is no metric ${metric || "without a name"}`);
  const labels = new Set([...found.labels.keys(), ...TARGET_LABELS]);
  for (const matcher of matchers) {
    if (!labels.has(matcher.label)) throw wrong(`${metric} has no label ${matcher.label}`);
    checkMatcher(metric, matcher, found.labels.get(matcher.label) ?? null);
  }
  return { type: range === null ? "vector" : "matrix", labels, of: found.type };
}

/** A value that never comes up selects nothing, in silence. */
function checkMatcher(
  metric: string,
  { label, operator, value }: Matcher,
  values: readonly string[] | null,
): void {
  if (values === null) return;
  const wanted = operator.endsWith("~") ? value.split("|") : [value];
  for (const one of wanted) {
    const met = operator.endsWith("~")
      ? values.some((known) => new RegExp(`^(?:${one})$`).test(known))
      : values.includes(one);
    if (!met) throw wrong(`${metric} has no ${label} ${JSON.stringify(one)}`);
  }
}

function checkCall({ name, args }: Call, known: Known): Result {
  const { takes, optional, gives } = FUNCTIONS[name]!;
  const least = takes.length - Math.abs(optional);
  const most = optional < 0 ? Infinity : takes.length;
  if (args.length < least || args.length > most) {
    throw wrong(`${name} has ${args.length} arguments`);
  }
  const results = args.map((arg) => checkPromql(arg, known));
  for (const [place, { type }] of results.entries()) {
    const wanted = takes[Math.min(place, takes.length - 1)]!;
    if (type !== wanted) {
      throw wrong(`Argument ${place + 1} of ${name} is a ${type}, not a ${wanted}`);
    }
  }
  const main = results.find(({ type }) => type === "vector" || type === "matrix");
  const labels = new Set(gives === "vector" ? main?.labels : []);
  const counts = main?.of === "counter" || main?.of === "bucket";
  if (OF_COUNTERS.includes(name) && !counts) throw wrong(`${name} of what is no counter`);
  if (OF_GAUGES.includes(name) && counts) throw wrong(`${name} of a counter`);
  if (name === "histogram_quantile") {
    if (!labels.delete("le")) throw wrong("histogram_quantile of what has no label le");
  } else if (name === "label_replace" || name === "label_join") {
    const [, target] = args;
    if (target?.kind === "string") labels.add(target.value);
  }
  const keeps = ["rate", "irate", "increase"].includes(name) && main?.of === "bucket";
  return { type: gives, labels, of: keeps ? "bucket" : null };
}

function checkAggregation(
  { name, parameter, of, grouping }: Aggregation,
  known: Known,
): Result {
  const inside = checkPromql(of, known);
  if (inside.type !== "vector") throw wrong(`${name} of a ${inside.type}`);
  if (parameter !== null) {
    const { type } = checkPromql(parameter, known);
    if (type !== AGGREGATIONS[name]) throw wrong(`The parameter of ${name} is a ${type}`);
  }
  const named = grouping?.labels ?? [];
  for (const label of named) {
    if (!inside.labels.has(label)) throw wrong(`${name} ${grouping!.kind} ${label}: no such label`);
  }
  if (name === "topk" || name === "bottomk") return { ...inside, of: null };
  const labels = grouping?.kind === "without"
    ? new Set([...inside.labels].filter((label) => !named.includes(label)))
    : new Set(named);
  if (name === "count_values" && parameter?.kind === "string") labels.add(parameter.value);
  return { type: "vector", labels, of: null };
}

function checkBinary(
  { operator, left: l, right: r, bool, matching }: Binary,
  known: Known,
): Result {
  const [left, right] = [checkPromql(l, known), checkPromql(r, known)];
  for (const { type } of [left, right]) {
    if (type !== "scalar" && type !== "vector") throw wrong(`${operator} with a ${type}`);
  }
  const vectors = left.type === "vector" && right.type === "vector";
  if (SET_OPERATORS.includes(operator) && !vectors) throw wrong(`${operator} with a scalar`);
  if (matching !== null && !vectors) throw wrong(`${matching.kind} with a scalar`);
  if (left.type === "scalar" && right.type === "scalar") {
    if (COMPARISONS.includes(operator) && !bool) throw wrong("Scalars are compared with bool only");
    return { type: "scalar", labels: NOTHING, of: null };
  }
  if (!vectors) return { ...(left.type === "vector" ? left : right), of: null };
  if (operator === "or") {
    return { type: "vector", labels: new Set([...left.labels, ...right.labels]), of: null };
  }
  const named = matching?.labels ?? [];
  for (const label of named) {
    if (!left.labels.has(label) || matching?.kind === "on" && !right.labels.has(label)) {
      throw wrong(`${operator} ${matching!.kind} ${label}: not on both sides`);
    }
  }
  if (matching === null && !sameLabels(left, right)) {
    throw wrong(`${operator} joins series by labels that one side does not have`);
  }
  const [one, many] = matching?.many === "right" ? [left, right] : [right, left];
  for (const label of matching?.include ?? []) {
    if (!one.labels.has(label)) throw wrong(`group_${matching!.many} ${label}: no such label`);
  }
  return {
    type: "vector",
    labels: new Set([...many.labels, ...matching?.include ?? []]),
    of: null,
  };
}

/** Where they differ nothing ever matches, and nothing ever tells. */
function sameLabels(left: Result, right: Result): boolean {
  return left.labels.size === right.labels.size &&
    [...left.labels].every((label) => right.labels.has(label));
}

function wrong(what: string): PromqlError {
  return new PromqlError(what);
}
