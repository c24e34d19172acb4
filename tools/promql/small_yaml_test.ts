import assert from "node:assert/strict";
import { readSmallYaml } from "./small_yaml.ts";

Deno.test("mappings, lists, texts and folded blocks are read", () => {
  const text = `# a comment
groups:
  - name: one
    rules:
      - alert: A
        expr: rate(a_total{b="c"}[5m]) > 0.5
        labels:
          severity: "page \\"now\\""

      - alert: B
        expr: >-
          a
          and b
        for: 5m
  - name: two
    plain:
      - x
      - "y: z"
other: 1
`;
  assert.equal(
    JSON.stringify(readSmallYaml(text)),
    JSON.stringify({
      groups: [
        {
          name: "one",
          rules: [
            {
              alert: "A",
              expr: 'rate(a_total{b="c"}[5m]) > 0.5',
              labels: { severity: 'page "now"' },
            },
            { alert: "B", expr: "a and b", for: "5m" },
          ],
        },
        { name: "two", plain: ["x", "y: z"] },
      ],
      other: "1",
    }),
  );
});

Deno.test("what YAML would read otherwise is refused", () => {
  for (
    const text of [
      "a: b: c",
      "a: b # c",
      "a: 'b'",
      "a: {b: c}",
      "a: [b]",
      "a: *b",
      'a: "b',
      "a: |\n  b",
      "a:\n    b: c",
      "a:\n\tb: c",
      "a: b\na: c",
      "a:\n  b: c\n d: e",
      "a: >-\n    b\n  c",
      "just text",
      "",
    ]
  ) assert.throws(() => readSmallYaml(text), Error, JSON.stringify(text));
});
