import assert from "node:assert/strict";
import process from "node:process";
import fc from "fast-check";
import type { AdminHost } from "../../relay/ports/admin.ts";
import type { SampledMetric } from "../../relay/ports/counters.ts";
import { ManualClock } from "../../relay/ports/testing_clock.ts";
import { TestingRelay, testingUdpRelay } from "../testing_host.ts";
import { processMetrics, readProcess } from "./process_metrics.ts";
import { metricsRoutes } from "./routes.ts";
import { METRICS_CONTENT_TYPE, metricsBody, metricsText } from "./text.ts";
import { readPage, valueOf } from "./testing_page.ts";

async function pageOf(relay: TestingRelay) {
  const answer = await metricsRoutes(relay.host()).request("/metrics");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), METRICS_CONTENT_TYPE);
  const text = await answer.text();
  return { text, families: readPage(text) };
}

function session(relay: TestingRelay, number: number): void {
  const { counters } = relay;
  const id = number.toString(16).padStart(32, "0");
  counters.activeSessions += 1;
  counters.sessionLoss.child(id).value = 1.5;
  counters.sessionRtt.child(id).value = 40;
}

Deno.test("the page has every counter under its name, with help, type, labels and value", async () => {
  const relay = new TestingRelay();
  const { counters } = relay;
  counters.activeRooms = 2;
  counters.packetsDropped.add("slow_receiver", 7);
  counters.federationPacketsForwarded.child('O"s\\lo\n', "out").value = 5;
  counters.roomHandshakeDuration.observe(0.003);
  const { text, families } = await pageOf(relay);
  assert.equal(valueOf(families, "wzp_relay_active_rooms"), 2);
  assert.equal(
    valueOf(families, "wzp_relay_packets_dropped_total", { reason: "slow_receiver" }),
    7,
  );
  assert.equal(valueOf(families, "wzp_relay_packets_dropped_total", { reason: "closed" }), 0);
  assert.equal(
    valueOf(families, "wzp_federation_packets_forwarded_total", {
      peer: 'O"s\\lo\n',
      direction: "out",
    }),
    5,
  );
  assert.match(text, /^wzp_federation_packets_forwarded_total\{direction="out",peer="/m);
  const bucket = "wzp_relay_handshake_duration_seconds_bucket";
  assert.equal(valueOf(families, bucket, { le: "0.001" }), 0);
  assert.equal(valueOf(families, bucket, { le: "0.005" }), 1);
  assert.equal(valueOf(families, bucket, { le: "+Inf" }), 1);
  assert.equal(valueOf(families, "wzp_relay_handshake_duration_seconds_sum"), 0.003);
  assert.equal(valueOf(families, "wzp_relay_handshake_duration_seconds_count"), 1);
  const family = families.get("wzp_relay_active_sessions");
  assert.deepEqual([family?.type, family?.help], ["gauge", "Current sessions in rooms"]);
});

Deno.test("what the UDP relay counts is there while it is on, as of its view", async () => {
  const relay = new TestingRelay();
  assert.ok(!(await pageOf(relay)).text.includes("wzp_udp_relay"));
  relay.udpRelay = testingUdpRelay();
  const { families } = await pageOf(relay);
  const name = (rest: string) => `wzp_udp_relay_${rest}`;
  const value = (rest: string, labels = {}) => valueOf(families, name(rest), labels);
  assert.equal(value("peers"), 2);
  assert.equal(value("sessions"), 1);
  assert.equal(value("keys"), 2);
  assert.equal(value("blocked_sources", { by: "automatic" }), 1);
  assert.equal(value("blocked_sources", { by: "operator" }), 1);
  assert.equal(value("bytes_received_total"), 128_000);
  assert.equal(value("bytes_forwarded_total"), 99_840);
  const dropped = ["malformed", "rate", "no_group"]
    .map((reason) => value("packets_dropped_total", { reason })!);
  assert.deepEqual(dropped, [20, 200, 0]);
  assert.equal(
    value("packets_received_total"),
    value("packets_forwarded_total")! + dropped.reduce((sum, each) => sum + each),
  );
  const names = [...families.keys()];
  assert.deepEqual(names, names.toSorted());
});

Deno.test("families are sorted by name, and those without samples are not there", async () => {
  const relay = new TestingRelay();
  const { families } = await pageOf(relay);
  const names = [...families.keys()];
  assert.deepEqual(names, names.toSorted());
  assert.ok(names.includes("wzp_relay_packets_received_total"));
  assert.ok(!names.includes("wzp_federation_peer_status"));
  assert.ok(!names.includes("wzp_relay_session_loss_pct"));
  relay.counters.federationPeerStatus.child("Oslo");
  assert.equal(
    valueOf((await pageOf(relay)).families, "wzp_federation_peer_status", { peer: "Oslo" }),
    0,
  );
});

Deno.test("the page says what the process costs", async () => {
  const seconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const before = seconds();
  const { families } = await pageOf(new TestingRelay());
  const value = (name: string) => valueOf(families, `process_${name}`)!;
  assert.ok(before <= value("cpu_seconds_total") && value("cpu_seconds_total") <= seconds());
  assert.ok(value("resident_memory_bytes") > value("heap_bytes"));
  assert.ok(value("heap_bytes") > 1e6);
  const startedAt = value("start_time_seconds") * 1000;
  assert.ok(startedAt < Date.now() && startedAt > Date.now() - 86_400_000);
});

Deno.test("up to 500 sessions have series of their own, then none, and one warning says so", async () => {
  const relay = new TestingRelay();
  const host = relay.host();
  const app = metricsRoutes(host);
  const shown = async () => {
    const families = readPage(await (await app.request("/metrics")).text());
    return families.get("wzp_relay_session_loss_pct")?.samples.length ?? 0;
  };
  for (let number = 0; number < 500; number++) session(relay, number);
  assert.equal(await shown(), 500);
  assert.deepEqual(relay.lines, []);
  session(relay, 500);
  assert.equal(await shown(), 0);
  relay.counters.activeSessions = 401;
  assert.equal(await shown(), 0, "not back at once, or they would come and go");
  relay.counters.activeSessions = 400;
  assert.equal(await shown(), 501);
  relay.counters.activeSessions = 501;
  assert.equal(await shown(), 0);
  assert.deepEqual(relay.lines.map(({ level, fields }) => [level, fields]), [
    ["warn", { sessions: 501, limit: 500 }],
  ]);
});

Deno.test("session_metrics can be on or off whatever the number, and a change counts at once", async () => {
  const relay = new TestingRelay();
  const app = metricsRoutes(relay.host());
  const shown = async () => (await (await app.request("/metrics")).text()).includes("session_id=");
  session(relay, 1);
  for (
    const [sessionMetrics, sessions, expected] of [
      ["auto", 1, true],
      ["off", 1, false],
      ["on", 501, true],
      ["auto", 501, false],
    ] as const
  ) {
    relay.settings = { ...relay.settings, sessionMetrics };
    relay.counters.activeSessions = sessions;
    assert.equal(await shown(), expected, `${sessionMetrics} at ${sessions}`);
  }
  assert.equal(relay.lines.length, 1, "only auto warns");
});

/** A clock on which every look at it takes a while. */
function slowClock(msPerLook: number): AdminHost["clock"] {
  const clock = new ManualClock();
  return Object.assign(Object.create(clock), {
    now() {
      clock.advance(msPerLook);
      return clock.now();
    },
  });
}

Deno.test("a slice ends after a tenth of a millisecond, and the text is the same however many there are", async () => {
  const relay = new TestingRelay();
  for (let number = 0; number < 120; number++) session(relay, number);
  const slicesAt = (ms: number) =>
    Array.fromAsync(metricsText(relay.host().metrics(), slowClock(ms)));
  const [whole, ...none] = await slicesAt(0);
  assert.deepEqual(none, []);
  const counts: number[] = [];
  const looksPerSlice = [8, 4, 2, 1];
  for (const looks of looksPerSlice) {
    // A little more than its share, since tenths do not add up.
    const slices = await slicesAt(0.1001 / looks);
    assert.equal(slices.join(""), whole);
    counts.push(slices.length);
    const most = Math.max(...slices.map((slice) => slice.match(/^[^#]/gm)?.length ?? 0));
    assert.ok(most <= 20 * looks, `${most} samples in a slice`);
  }
  // Each family takes a look, and each twenty samples of a large one.
  const looks = [...readPage(whole!).values()]
    .reduce((sum, { samples }) => sum + Math.ceil(samples.length / 20), 0);
  assert.deepEqual(counts, looksPerSlice.map((each) => Math.ceil(looks / each)));
});

Deno.test("any text as label value and help comes back from the page as it was", async () => {
  const text = fc.string({ unit: "grapheme" }).map((value) => value.replaceAll("\r", "") || "x");
  await fc.assert(fc.asyncProperty(fc.uniqueArray(text, { minLength: 1 }), async (values) => {
    const help = values.join(" ") + ".";
    const family: SampledMetric = {
      name: "wzp_test",
      type: "gauge",
      help,
      samples: () =>
        values.map((value, i) => ({ suffix: "", labels: [["label", value]], value: i })),
    };
    const page = readPage(
      (await Array.fromAsync(metricsText([family], new ManualClock()))).join(""),
    );
    assert.equal(page.get("wzp_test")!.help, help);
    assert.deepEqual(
      page.get("wzp_test")!.samples.map(({ labels }) => labels["label"]),
      values,
    );
  }));
});

Deno.test("what comes and goes between two slices is in the page once or not at all", async () => {
  const relay = new TestingRelay();
  const { federationPeerStatus } = relay.counters;
  for (let number = 0; number < 120; number++) federationPeerStatus.child(`relay ${number}`);
  let page = "";
  for await (const slice of metricsText(relay.host().metrics(), slowClock(2))) {
    page += slice;
    federationPeerStatus.remove("relay 0");
    federationPeerStatus.child("relay 0");
  }
  assert.equal(readPage(page).get("wzp_federation_peer_status")!.samples.length, 120);
});

Deno.test("a reader that goes away ends the reading of counters", async () => {
  const relay = new TestingRelay();
  let read = 0;
  function* families() {
    for (
      const family of [
        ...processMetrics(readProcess(relay.host().process())),
        ...relay.host().metrics(),
      ]
    ) {
      read += 1;
      yield family;
    }
  }
  for (let number = 0; number < 300; number++) session(relay, number);
  const reader = metricsBody(families(), slowClock(2)).getReader();
  assert.equal(read, 0, "nothing before it is asked for");
  await reader.read();
  const before = read;
  await reader.cancel();
  assert.equal(read, before);
});

Deno.test("the reader of pages refuses what the format does not allow", () => {
  const head = "# HELP a b\n# TYPE a gauge\n";
  readPage(`${head}a 1\n`);
  for (
    const page of [
      `${head}a 1`,
      `${head}a 1\n\n`,
      `${head}a 1\na 2\n`,
      `${head}b 1\n`,
      `${head}a_count 1\n`,
      `${head}a{x=1} 1\n`,
      `${head}a{x="1",} 1\n`,
      `${head}a{x="1"y="2"} 1\n`,
      `${head}a{x="1\\t"} 1\n`,
      `${head}a one\n`,
      `${head}${head}a 1\n`,
      "# TYPE a gauge\na 1\n",
      "a 1\n",
    ]
  ) assert.throws(() => readPage(page), Error, JSON.stringify(page));
});
