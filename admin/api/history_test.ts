import assert from "node:assert/strict";
import { TestingRelay, testingRelay } from "../testing_host.ts";
import { History, STEP_MS } from "./history.ts";
import { quantile, Readings } from "./readings.ts";

function rig() {
  const relay = new TestingRelay();
  let cpuMs = 0;
  const history = new History(relay.host(), () => {
    cpuMs += 500;
    return { cpuMs, rssBytes: 80_000_000 };
  });
  const step = (count = 1) => {
    for (let i = 0; i < count; i++) relay.clock.advance(STEP_MS);
  };
  return { relay, history, step, series: (name: string) => history.answer().series[name] };
}

Deno.test("numbers that only grow are shown per second", () => {
  const { relay, history, step, series } = rig();
  relay.counters.packetsReceived += 100;
  relay.counters.bytesReceived += 5_000;
  relay.counters.packetsDelivered += 300;
  relay.counters.federationPacketsForwarded.child("Oslo", "in").value += 20;
  relay.counters.federationPacketsForwarded.child("Oslo", "out").value += 40;
  relay.counters.federationBytesSent += 800;
  relay.counters.packetsDropped.add("stale_receiver", 4);
  step();
  assert.deepEqual(history.current().rates, {
    packetsIn: 60,
    packetsOut: 170,
    bytesIn: 2_500,
    bytesOut: 400,
  });
  step();
  assert.deepEqual(series("packetsIn"), [60, 0]);
  assert.deepEqual(series("drops:stale_receiver"), [2, 0]);
  assert.deepEqual(series("cpuPct"), [25, 25]);
  assert.equal(history.current().drops["stale_receiver"], 4);
});

Deno.test("ten minutes are kept and no more", () => {
  const { relay, history, step } = rig();
  for (let sample = 1; sample <= 400; sample++) {
    relay.counters.activeSessions = sample;
    step();
  }
  const { series, stepS, endsAt } = history.answer();
  assert.equal(stepS, 2);
  assert.equal(endsAt, relay.clock.wall());
  assert(Object.values(series).every((values) => values.length === 300));
  assert.deepEqual([series["sessions"]![0], series["sessions"]!.at(-1)], [101, 400]);
  assert.deepEqual(Object.keys(history.answer("drops:fed").series).sort(), [
    "drops:federation_closed",
    "drops:federation_duplicate",
    "drops:federation_hops",
    "drops:federation_malformed",
    "drops:federation_no_receiver",
    "drops:federation_own",
    "drops:federation_rate_limited",
    "drops:federation_room_not_found",
    "drops:federation_slow_receiver",
    "drops:federation_stale_receiver",
    "drops:federation_too_large",
  ]);
});

Deno.test("round trips of a relay are kept while it is linked and ten minutes after", () => {
  const { relay, step, series } = rig();
  const name = `peerRttMs:${testingRelay("Oslo")}`;
  step(2);
  const [oslo] = relay.links;
  relay.links = relay.links.filter((link) => link !== oslo);
  step(2);
  assert.deepEqual(series(name), [31.4, 31.4, null, null]);
  step(300);
  assert.equal(series(name), undefined);
});

Deno.test("relays that come and go do not fill the memory", () => {
  const { relay, history, step } = rig();
  const [pattern] = relay.links;
  for (let round = 0; round < 50; round++) {
    relay.links = Array.from({ length: 100 }, (_, place) => ({
      ...pattern!,
      relay: testingRelay(`${round} ${place}`),
    }));
    step();
  }
  assert(Object.keys(history.answer().series).length <= 200);
});

Deno.test("delays are percentiles of the last ten seconds", () => {
  const { relay, history, step } = rig();
  assert.deepEqual(history.current().eventLoopDelayMs, { p50: null, p99: null });
  for (let i = 0; i < 98; i++) relay.counters.eventLoopDelay.observe(0.0005);
  for (let i = 0; i < 2; i++) relay.counters.eventLoopDelay.observe(0.3);
  step();
  const { p50, p99 } = history.current().eventLoopDelayMs;
  assert(p50! > 0 && p50! <= 1, `p50 ${p50}`);
  assert(p99! > 250 && p99! <= 500, `p99 ${p99}`);
  step(6);
  assert.deepEqual(history.current().eventLoopDelayMs, { p50: null, p99: null });
});

Deno.test("a quantile lies in the range in which its value fell", () => {
  const bounds = [1, 2, 4];
  const none = { bounds, counts: [0, 0, 0, 0] };
  assert.equal(quantile(0.5, none, none), null);
  assert.equal(quantile(0.5, none, { bounds, counts: [10, 10, 10, 10] }), 0.5);
  assert.equal(quantile(0.5, none, { bounds, counts: [0, 4, 8, 8] }), 2);
  assert.equal(quantile(0.75, none, { bounds, counts: [0, 4, 8, 8] }), 3);
  // Above the last bound it is only known to be above.
  assert.equal(quantile(0.99, none, { bounds, counts: [0, 0, 0, 5] }), 4);
});

Deno.test("a metric that is not there reads as nothing", () => {
  const readings = new Readings([]);
  assert.equal(readings.total("wzp_relay_active_sessions"), 0);
  assert.deepEqual(readings.buckets("x"), { bounds: [], counts: [] });
  const empty = readings.buckets("x");
  assert.equal(quantile(0.5, empty, empty), null);
});

Deno.test("every metric the numbers come from is one of the relay", () => {
  const names = [...new TestingRelay().host().metrics()].map(({ name }) => name);
  const sources = ["history.ts", "readings.ts"].map((file) =>
    Deno.readTextFileSync(new URL(file, import.meta.url))
  );
  const used = sources.flatMap((source) => source.match(/"wzp_\w+"/g) ?? []);
  assert(used.length >= 15, String(used.length));
  for (const name of used) assert(names.includes(JSON.parse(name)), name);
});
