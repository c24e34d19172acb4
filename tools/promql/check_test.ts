import assert from "node:assert/strict";
import { checkPromql } from "./check.ts";
import { type KnownMetric, knownMetrics } from "./known_metrics.ts";
import { parsePromql } from "./parser.ts";
import { PromqlError } from "./tokens.ts";

const known = new Map<string, KnownMetric>([
  ["up", { type: "gauge", labels: new Map() }],
  ["rtt", { type: "gauge", labels: new Map([["peer", null]]) }],
  ["sent_total", { type: "counter", labels: new Map([["peer", null], ["way", ["in", "out"]]]) }],
  ["wait_bucket", { type: "bucket", labels: new Map([["le", ["0.1", "+Inf"]]]) }],
]);

function check(text: string) {
  const { type, labels } = checkPromql(parsePromql(text), known);
  return `${type} ${[...labels].sort().join(" ")}`.trim();
}

Deno.test("an expression has a type and the labels its series can have", () => {
  for (
    const [text, result] of [
      ["1 + 2", "scalar"],
      ['"a"', "string"],
      ["up", "vector instance job"],
      ["rtt[5m]", "matrix instance job peer"],
      ["-rtt", "vector instance job peer"],
      ["rate(sent_total{way='out'}[5m])", "vector instance job peer way"],
      ["sent_total{way=~'in|out'}", "vector instance job peer way"],
      ["sum by (peer) (rate(sent_total[5m]))", "vector peer"],
      ["sum without (instance, job) (rtt)", "vector peer"],
      ["sum(rtt)", "vector"],
      ["topk(3, rtt)", "vector instance job peer"],
      ["count_values('value', rtt)", "vector value"],
      ["histogram_quantile(0.9, rate(wait_bucket[5m]))", "vector instance job"],
      ["histogram_quantile(0.9, sum by (le, job) (rate(wait_bucket[5m])))", "vector job"],
      ["label_replace(up, 'a', '$1', 'job', '(.*)')", "vector a instance job"],
      ["label_join(up, 'a', '-', 'job', 'instance')", "vector a instance job"],
      ["rtt > 1", "vector instance job peer"],
      ["1 > bool 2", "scalar"],
      ["scalar(up) + 1", "scalar"],
      ["rtt * on (instance, job) group_left up", "vector instance job peer"],
      ["up * on (job) group_right rtt", "vector instance job peer"],
      ["up * on (job) group_left (peer) rtt", "vector instance job peer"],
      ["up or rtt", "vector instance job peer"],
      ["up unless on (job) rtt", "vector instance job"],
      ["max_over_time(rate(sent_total[5m])[1h:])", "vector instance job peer way"],
      ["absent(up)", "vector instance job"],
      ["hour()", "vector"],
      ["round(rtt, 5)", "vector instance job peer"],
      ["time() - up", "vector instance job"],
    ] as const
  ) assert.equal(check(text), result, text);
});

Deno.test("what means nothing is refused, also where Prometheus would silently show nothing", () => {
  for (
    const text of [
      "down",
      'up{peer="a"}',
      '{job="a"}',
      'sent_total{way="sideways"}',
      'sent_total{way=~"in|sideways"}',
      "rate(rtt[5m])",
      "delta(sent_total[5m])",
      "rate(sent_total)",
      "rate(sum(sent_total)[5m:])",
      "abs(rtt[5m])",
      "abs(1)",
      "abs()",
      "abs(up, up)",
      "sum(rtt[5m])",
      "sum by (way) (rtt)",
      "sum without (way) (rtt)",
      "topk('a', up)",
      "histogram_quantile(0.9, rtt)",
      "histogram_quantile(0.9, sum(rate(wait_bucket[5m])))",
      "histogram_quantile(up, rate(wait_bucket[5m]))",
      "up + 'a'",
      "up and 1",
      "1 + on (job) up",
      "1 > 2",
      "up + rtt",
      "up * on (peer) rtt",
      "up * on (job) group_left (way) rtt",
      "-'a'",
      "-rtt[5m]",
      "rtt[5m][1h:]",
      "label_join(up, 'a', '-', 1)",
    ]
  ) assert.throws(() => check(text), PromqlError, text);
});

Deno.test("the metrics of the relay and of its process are known with their labels", () => {
  const metrics = knownMetrics();
  assert.deepEqual(
    [...metrics.get("wzp_federation_packets_forwarded_total")!.labels],
    [["peer", null], ["direction", null]],
  );
  assert.ok(
    metrics.get("wzp_relay_packets_dropped_total")!.labels.get("reason")!.includes("slow_receiver"),
  );
  assert.equal(metrics.get("wzp_relay_handshake_duration_seconds_count")!.type, "counter");
  assert.ok(!metrics.has("wzp_relay_handshake_duration_seconds"));
  assert.equal(metrics.get("process_cpu_seconds_total")!.type, "counter");
});
