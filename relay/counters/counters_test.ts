import assert from "node:assert/strict";
import fc from "fast-check";
import type { Clock } from "../../quic/clock.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { Family, FixedFamily, Histogram } from "./cells.ts";
import { createCounters, metrics, snapshot } from "./counters.ts";
import { samplesOf } from "./packed_samples.ts";
import { type Definition, DEFINITIONS } from "./definitions.ts";
import { watchEventLoop } from "./event_loop_delay.ts";

const definitions = Object.values<Definition>(DEFINITIONS);

/** Metrics that readers of the original's page know. */
const ORIGINAL = `
  wzp_relay_active_sessions gauge
  wzp_relay_active_rooms gauge
  wzp_relay_packets_forwarded_total counter
  wzp_relay_bytes_forwarded_total counter
  wzp_relay_auth_attempts_total counter result
  wzp_relay_handshake_duration_seconds histogram
  wzp_federation_peer_status gauge peer
  wzp_federation_peer_rtt_ms gauge peer
  wzp_federation_packets_forwarded_total counter peer,direction
  wzp_federation_packets_deduped_total counter
  wzp_federation_packets_rate_limited_total counter
  wzp_federation_active_rooms gauge
  wzp_relay_session_jitter_buffer_depth gauge session_id
  wzp_relay_session_loss_pct gauge session_id
  wzp_relay_session_rtt_ms gauge session_id
  wzp_relay_session_underruns_total counter session_id
  wzp_relay_session_overruns_total counter session_id
  wzp_relay_session_dred_reconstructions_total counter session_id
  wzp_relay_session_classical_plc_total counter session_id
  wzp_probe_rtt_ms gauge target
  wzp_probe_loss_pct gauge target
  wzp_probe_jitter_ms gauge target
  wzp_probe_up gauge target`;

function labelsOf(definition: Definition): string {
  if (definition.shape === "fixed") return definition.label;
  return definition.shape === "family" ? definition.labels.join(",") : "";
}

Deno.test("every metric of the original is there with its type and labels", () => {
  for (const line of ORIGINAL.trim().split("\n")) {
    const [name, type, labels = ""] = line.trim().split(" ");
    const definition = definitions.find((known) => known.name === name);
    assert(definition !== undefined, name);
    assert.deepEqual([definition.type, labelsOf(definition)], [type, labels], name);
  }
  assert.deepEqual(
    DEFINITIONS.roomHandshakeDuration.bounds,
    [.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5],
  );
});

Deno.test("metric names are unique, well formed and follow their type", () => {
  assert.equal(new Set(definitions.map(({ name }) => name)).size, definitions.length);
  for (const { name, type, help } of definitions) {
    assert.match(name, /^wzp_[a-z0-9_]+$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    assert(help.length > 5 && !help.includes("\n") && !help.endsWith("."), name);
  }
});

Deno.test("counters are numbers to add to and come back in the snapshot and in the samples", () => {
  const counters = createCounters();
  counters.packetsReceived += 3;
  counters.handshakes.add("failed");
  counters.packetsDropped.inc(counters.packetsDropped.index("slow_receiver"), 4);
  const outbound = counters.federationPacketsForwarded.child("Relay B", "out");
  outbound.value += 2;
  counters.federationPacketsForwarded.child("constructor", "in").value += 1;
  counters.roomHandshakeDuration.observe(0.003);

  const plain = JSON.parse(JSON.stringify(snapshot(counters)));
  assert.equal(plain.wzp_relay_packets_received_total, 3);
  assert.equal(plain.wzp_relay_handshakes_total.failed, 1);
  assert.equal(plain.wzp_relay_handshakes_total.complete, 0);
  assert.equal(plain.wzp_relay_packets_dropped_total.slow_receiver, 4);
  assert.equal(plain.wzp_federation_packets_forwarded_total["Relay B"].out, 2);
  assert.match(JSON.stringify(snapshot(counters)), /"constructor":\{"in":1\}/);
  assert.equal(plain.wzp_relay_handshake_duration_seconds.count, 1);
  assert.equal(plain.wzp_relay_handshake_duration_seconds.buckets["<=0.001"], 0);
  assert.equal(plain.wzp_relay_handshake_duration_seconds.buckets["<=0.005"], 1);

  const all = [...metrics(counters)];
  assert.deepEqual(all.map(({ name }) => name), definitions.map(({ name }) => name).sort());
  assert.deepEqual(Object.keys(plain), all.map(({ name }) => name));
  const lines = all.flatMap(({ name, samples }) =>
    [...samples()].map(({ suffix, labels, value }) =>
      `${name}${suffix}{${labels.map((pair) => pair.join("=")).join()}} ${value}`
    )
  );
  for (
    const line of [
      "wzp_relay_packets_received_total{} 3",
      "wzp_relay_packets_dropped_total{reason=slow_receiver} 4",
      "wzp_federation_packets_forwarded_total{peer=Relay B,direction=out} 2",
      "wzp_relay_handshake_duration_seconds_bucket{le=0.005} 1",
      "wzp_relay_handshake_duration_seconds_bucket{le=+Inf} 1",
      "wzp_relay_handshake_duration_seconds_sum{} 0.003",
      "wzp_relay_handshake_duration_seconds_count{} 1",
    ]
  ) assert(lines.includes(line), line);
});

Deno.test("a family has at most so many members and counts those it refuses", () => {
  const counters = createCounters();
  counters.buildInfo.child("a").value = 1;
  counters.buildInfo.child("b").value = 1;
  assert.deepEqual([...counters.buildInfo.entries()], [[["a"], 1]]);
  assert.equal(counters.seriesRefused, 1);
  assert.throws(() => counters.buildInfo.child("a", "b"), TypeError);
  assert.throws(() => new FixedFamily(["a"]).index("b" as "a"), RangeError);
});

Deno.test("a family agrees with a plain table of sums while members come and go", () => {
  const step = fc.tuple(fc.constantFrom("inc", "remove"), fc.nat(4), fc.nat(2));
  fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
    let refused = 0;
    const family = new Family(["peer", "direction"], 5, () => refused += 1);
    const model = new Map<string, number>();
    let expectedRefused = 0;
    for (const [action, peer, direction] of steps) {
      const labels: [string, string] = [`p${peer}`, `d${direction}`];
      const key = labels.join();
      if (action === "remove") {
        family.remove(...labels);
        model.delete(key);
        continue;
      }
      family.child(...labels).value += 1;
      if (model.has(key) || model.size < 5) model.set(key, (model.get(key) ?? 0) + 1);
      else expectedRefused += 1;
    }
    assert.deepEqual(new Map([...family.entries()].map(([v, n]) => [v.join(), n])), model);
    assert.equal(family.size, model.size);
    assert.equal(refused, expectedRefused);
  }));
});

Deno.test("a histogram puts each value into every bucket that is not below it", () => {
  const value = fc.oneof(fc.double({ min: 0, max: 4 }), fc.constantFrom(0, 1, 2, NaN, Infinity));
  fc.assert(fc.property(fc.array(value), (values) => {
    const histogram = new Histogram([0.5, 1, 2]);
    for (const value of values) histogram.observe(value);
    const finite = values.filter(Number.isFinite);
    const naive = [0.5, 1, 2].map((bound) => finite.filter((value) => value <= bound).length);
    assert.deepEqual(histogram.cumulative(), naive);
    assert.equal(histogram.count, finite.length);
    assert.equal(histogram.sum, finite.reduce((a, b) => a + b, 0));
  }));
});

Deno.test("the event loop's delay is how late a timer ran", () => {
  const clock = new ManualClock();
  const delays = new Histogram([0.001, 0.01, 0.1]);
  let late = 0;
  const busy: Clock = {
    now: () => clock.now() + late,
    wall: () => clock.wall(),
    after: (ms, run) => clock.after(ms, run),
    every: (ms, run) => clock.every(ms, run),
  };
  const watch = watchEventLoop(busy, delays, 100);
  clock.advance(100);
  late = 50;
  clock.advance(100);
  watch.cancel();
  clock.advance(1000);
  assert.deepEqual(delays.counts, [1, 0, 1, 0]);
  assert.equal(delays.sum, 0.05);
});

Deno.test("labels of a family are the same object until a member comes or goes", () => {
  const counters = createCounters();
  const { federationPacketsForwarded: family } = counters;
  family.child("Oslo", "in").value = 1;
  const { texts } = family.pack();
  family.child("Oslo", "in").value = 2;
  assert.equal(family.pack().texts, texts);
  assert.deepEqual([...samplesOf(family.pack())].map(({ value }) => value), [2]);
  family.child("Oslo", "out").value = 3;
  assert.deepEqual(family.pack().texts, ["Oslo", "in", "Oslo", "out"]);
  family.remove("Oslo", "in");
  assert.deepEqual([...samplesOf(family.pack())], [
    { suffix: "", labels: [["peer", "Oslo"], ["direction", "out"]], value: 3 },
  ]);
});
