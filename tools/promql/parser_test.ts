import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePromql } from "./parser.ts";
import { AGGREGATIONS, COMPARISONS, type Expression, PRECEDENCE } from "./syntax.ts";
import { PromqlError } from "./tokens.ts";

/** The expression with a pair of brackets around everything that has parts. */
function bracketed(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return String(expression.value);
    case "string":
      return JSON.stringify(expression.value);
    case "sign":
      return `(-${bracketed(expression.of)})`;
    case "selector": {
      const { metric, matchers, range } = expression;
      const inside = matchers.map(({ label, operator, value }) =>
        `${label}${operator}${JSON.stringify(value)}`
      );
      const braces = inside.length > 0 ? `{${inside.join(", ")}}` : "";
      return metric + braces + (range === null ? "" : `[${range}ms]`);
    }
    case "subquery":
      return `(${bracketed(expression.of)})[1h:]`;
    case "call":
      return `${expression.name}(${expression.args.map(bracketed).join(", ")})`;
    case "aggregation": {
      const { name, grouping, parameter, of } = expression;
      const words = grouping === null ? "" : ` ${grouping.kind} (${grouping.labels.join(", ")}) `;
      return `${name}${words}(${parameter === null ? "" : `${bracketed(parameter)}, `}${
        bracketed(of)
      })`;
    }
    case "binary": {
      const { operator, bool, matching, left, right } = expression;
      const words = [operator, ...bool ? ["bool"] : []];
      if (matching !== null) {
        words.push(`${matching.kind} (${matching.labels.join(", ")})`);
        if (matching.many !== null) {
          words.push(`group_${matching.many} (${matching.include.join(", ")})`);
        }
      }
      return `(${bracketed(left)} ${words.join(" ")} ${bracketed(right)})`;
    }
  }
}

Deno.test("operators bind as in Prometheus", () => {
  for (
    const [text, meant] of [
      ["1 + 2 * 3", "(1 + (2 * 3))"],
      ["1 - 2 - 3", "((1 - 2) - 3)"],
      ["2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))"],
      ["-2 ^ 2", "(-(2 ^ 2))"],
      ["2 ^ -1", "(2 ^ (-1))"],
      ["-a * b", "((-a) * b)"],
      ["a or b and c unless d", "(a or ((b and c) unless d))"],
      ["a > b + 1 or c", "((a > (b + 1)) or c)"],
      ["a AND b", "(a and b)"],
      ["a atan2 b % c", "((a atan2 b) % c)"],
      ["(1 + 2) * 3", "((1 + 2) * 3)"],
      ["a == bool 1", "(a == bool 1)"],
      ["a / on(x) group_left b", "(a / on (x) group_left () b)"],
      ["a * ignoring (x, y,) group_right(z) b", "(a * ignoring (x, y) group_right (z) b)"],
      ["-a[5m] offset 1m", "(-a[300000ms])"],
    ] as const
  ) assert.equal(bracketed(parsePromql(text)), meant, text);
});

Deno.test("selectors, ranges, functions and aggregations are read", () => {
  for (
    const [text, meant] of [
      ["up", "up"],
      ["job:up:sum", "job:up:sum"],
      [`up{job="a", instance!~'b.*',}`, `up{job="a", instance!~"b.*"}`],
      ['{job="a"}', '{job="a"}'],
      ['up{job="a\\"\\n"}', 'up{job="a\\"\\n"}'],
      ["up{job=~`a\\.b`}", 'up{job=~"a\\\\.b"}'],
      ["up{}", "up"],
      ["up[1h30m]", "up[5400000ms]"],
      ["up [ 5m ] offset -1w", "up[300000ms]"],
      ["up @ 1609746000", "up"],
      ["up @ end() offset 5m", "up"],
      ["rate(up[5m])[1h:5m]", "(rate(up[300000ms]))[1h:]"],
      ["max_over_time(rate(up[5m])[1h:] offset 1d)", "max_over_time((rate(up[300000ms]))[1h:])"],
      ["sum(up)", "sum(up)"],
      ["sum by (a, b) (up)", "sum by (a, b) (up)"],
      ["sum(up) without (a)", "sum without (a) (up)"],
      ["SUM BY () (up)", "sum by () (up)"],
      ["topk(3, up)", "topk(3, up)"],
      ["time()", "time()"],
      ["sum", "sum"],
      ["sum + count", "(sum + count)"],
      ["0x1F + .5e-3 + Inf", "((31 + 0.0005) + Infinity)"],
      ["up # the end", "up"],
      ["rate(a[5m])\n  / # of\nrate(b[5m])", "(rate(a[300000ms]) / rate(b[300000ms]))"],
    ] as const
  ) assert.equal(bracketed(parsePromql(text)), meant, text);
});

Deno.test("what Prometheus refuses is refused", () => {
  for (
    const text of [
      "",
      "1 +",
      "a b",
      "(a",
      "a)",
      "a{",
      "a{b}",
      'a{b=="c"}',
      'a{b="c" d="e"}',
      "a{b=c}",
      'a{b=~"("}',
      'a{b=~"(?=x)"}',
      'a{"b="c"}',
      "{}",
      '{a=""}',
      '{a=~".*"}',
      "a[5]",
      "a[m]",
      "a[0s]",
      "a[5m30h]",
      "a[5m",
      "sum(a)[5m]",
      "a[5m][5m]",
      "a offset 1m [5m]",
      "sum(a) offset 1m",
      "a offset 1",
      "a @ b",
      "sum(a, b)",
      "sum()",
      "topk(a)",
      "sum by a (b)",
      'sum by ("a") (b)',
      "sum by (a)",
      "nosuch(a)",
      "a + bool b",
      "a and on(x) group_left b",
      "a on(x) b",
      "by",
      "5m",
      "'a",
      '"\\q"',
      "a & b",
      "a = b",
      "1.2.3",
    ]
  ) assert.throws(() => parsePromql(text), PromqlError, text);
});

const NAMES = fc.constantFrom("a", "b_total", "c:d", "up");
const LABELS = fc.array(fc.constantFrom("x", "y", "le"), { maxLength: 2 });
const OPERATORS = PRECEDENCE.flat();

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.nat(99).map((value) => ({ kind: "number", value })),
    fc.record({
      kind: fc.constant("selector"),
      metric: NAMES,
      matchers: fc.array(
        fc.record({
          label: fc.constantFrom("x", "by", "offset"),
          operator: fc.constantFrom("=", "!="),
          value: fc.string(),
        }),
        { maxLength: 2 },
      ),
      range: fc.constantFrom(null, 300_000),
    }),
    fc.record({ kind: fc.constant("sign"), of: tie("expression") }),
    fc.record({
      kind: fc.constant("call"),
      name: fc.constantFrom("rate", "abs", "clamp"),
      args: fc.array(tie("expression"), { maxLength: 3 }),
    }),
    fc.constantFrom("sum", "topk").chain((name) =>
      fc.record({
        kind: fc.constant("aggregation"),
        name: fc.constant(name),
        parameter: AGGREGATIONS[name] === null ? fc.constant(null) : tie("expression"),
        of: tie("expression"),
        grouping: fc.option(fc.record({ kind: fc.constantFrom("by", "without"), labels: LABELS })),
      })
    ),
    fc.constantFrom(...OPERATORS).chain((operator) =>
      fc.record({
        kind: fc.constant("binary"),
        operator: fc.constant(operator),
        left: tie("expression"),
        right: tie("expression"),
        bool: COMPARISONS.includes(operator) ? fc.boolean() : fc.constant(false),
        matching: fc.option(fc.record({
          kind: fc.constantFrom("on", "ignoring"),
          labels: LABELS,
          many: fc.constant(null),
          include: fc.constant([]),
        })),
      })
    ),
  ) as fc.Arbitrary<Expression>,
}));

Deno.test("an expression written with all its brackets is read as it was", () => {
  fc.assert(fc.property(expression, (it) => {
    assert.equal(JSON.stringify(parsePromql(bracketed(it))), JSON.stringify(it));
  }));
});

Deno.test("any text is an expression or refused with a PromqlError", () => {
  const piece = fc.constantFrom(
    ..."a 5m 1 ( ) [ ] { } , + - = =~ by sum rate bool on \" ' x".split(" "),
  );
  const text = fc.oneof(fc.string(), fc.array(piece).map((pieces) => pieces.join(" ")));
  fc.assert(
    fc.property(text, (it) => {
      try {
        parsePromql(it);
      } catch (error) {
        assert.ok(error instanceof PromqlError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
