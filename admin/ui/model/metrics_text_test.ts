import assert from "node:assert/strict";
import { parseMetrics } from "./metrics_text.ts";

Deno.test("the text of /metrics becomes numbers again", () => {
  const families = parseMetrics(`# HELP a_total What "a" counts
# TYPE a_total counter
a_total{reason="x y"} 3
a_total{reason="z"} 4
# HELP h Times
# TYPE h histogram
h_bucket{le="+Inf"} 2
h_sum 0.5
h_count 2
lonely 1.5e3
nonsense
`);
  assert.deepEqual(
    families.map(({ name, type, help, samples }) => [name, type, help, samples.length]),
    [
      ["a_total", "counter", 'What "a" counts', 2],
      ["h", "histogram", "Times", 3],
      ["lonely", "untyped", "", 1],
    ],
  );
  assert.deepEqual(families[0]!.samples[0], { name: "a_total", labels: 'reason="x y"', value: 3 });
  assert.equal(families[2]!.samples[0]!.value, 1_500);
});
