import assert from "node:assert/strict";
import { Hono } from "hono";
import type { TapPacket } from "../../relay/ports/tap.ts";
import { ENDPOINTS } from "../api/endpoints.ts";
import { buildApp } from "../app.ts";
import type { AdminEnv, Caller } from "../guard/caller.ts";
import { ROUTES } from "../routes.ts";
import {
  testingFingerprint,
  type TestingHost,
  TestingRelay,
  testingUdpRelay,
} from "../testing_host.ts";
import { TestingThread } from "./testing_thread.ts";

const caller: Caller = { source: { ip: "127.0.0.1", port: 5 }, scope: "operate" };

/** What a site whose time stands still answers; what the process takes is another thing each time. */
async function textOf(app: ReturnType<typeof buildApp>, path: string): Promise<string> {
  const response = await app.request(`http://localhost:4433${path}`, {}, { caller });
  const text = (await response.text()).replace(/"rssBytes":\d+/, "");
  return `${response.status} ${text}`;
}

/** As the relay has its people and calls: with far more behind them than is shown, which no thread can be sent. */
const MORE = { connection: () => {} };

function crowd(relay: TestingRelay, people: number): void {
  const [pattern] = relay.participants;
  relay.participants = Array.from({ length: people }, (_, id) => ({
    ...pattern!,
    id,
    session: id.toString(16).padStart(32, "0"),
    room: `room-${id % 50}`,
    ...MORE,
  }));
}

Deno.test("the site says the same over the thread as beside the relay", async () => {
  const relay = new TestingRelay();
  relay.udpRelay = testingUdpRelay();
  relay.registration = {
    url: "https://registry.example",
    state: "trying",
    registeredAt: null,
    problem: "It does not answer.",
    relays: 3,
  };
  relay.counters.activeSessions = 2;
  relay.counters.packetsReceived = 12_345;
  relay.counters.eventLoopDelay.observe(0.01);
  for (const session of ["a", "b"]) relay.counters.sessionLoss.child(session).value = 2.5;
  relay.logTail.add({ at: 1, level: "info", area: "rooms", message: "m", fields: { a: "b" } });
  relay.eventTail.add({ at: 2, kind: "join", fields: { room: "general" } });
  crowd(relay, 600);
  relay.calls = relay.calls.map((call) => ({ ...call, ...MORE }));
  const thread = new TestingThread(relay.host());
  await thread.mirror.host.fresh("metrics", "links");
  const beside = buildApp(relay.host(), ROUTES);
  const over = buildApp(thread.mirror.host, ROUTES);
  const param = encodeURIComponent("room-7");
  const paths = Object.values(ENDPOINTS).filter(({ method }) => method === "get")
    .map(({ path }) => path.replace(/\{\w+\}/, param))
    .concat("/api/v1/sessions?limit=500&room=room-3", "/healthz", "/readyz", "/version", "/mesh")
    .concat("/presence", "/peers", "/presence?limit=2")
    .concat(["Ann", "Farid", "Nobody"].flatMap((name) => {
      const fingerprint = testingFingerprint(name);
      return [`/presence/${fingerprint}`, `/route/${fingerprint}`];
    }));
  assert(paths.length >= 30, String(paths.length));
  for (const path of paths) {
    assert.equal(await textOf(over, path), await textOf(beside, path), path);
  }
  // What the process takes is another thing each time.
  const lines = async (app: typeof over) =>
    (await textOf(app, "/metrics")).split("\n").filter((line) => !/^process_/.test(line));
  const page = await lines(over);
  assert.deepEqual(page, await lines(beside));
  assert(page.includes("wzp_relay_packets_received_total 12345"));
  assert(page.some((line) => line.startsWith("wzp_relay_session_loss_pct{")));
});

Deno.test("series of single sessions are not even fetched where they are not shown", async () => {
  const relay = new TestingRelay();
  relay.settings = { ...relay.settings, sessionMetrics: "off" };
  relay.counters.sessionLoss.child("a").value = 1;
  const thread = new TestingThread(relay.host());
  const page = await textOf(buildApp(thread.mirror.host, ROUTES), "/metrics");
  assert(!page.includes("session_id"));
  assert(!JSON.stringify(thread.orders).includes("sessionMetrics"));
});

Deno.test("a long part comes bit by bit, and a short one does not wait for it", async () => {
  const relay = new TestingRelay();
  crowd(relay, 20_000);
  const thread = new TestingThread(relay.host());
  const { host } = thread.mirror;
  const sessions = host.fresh("sessions");
  await host.fresh("state");
  const seen = thread.answers.length;
  await sessions;
  assert(thread.answers.length > seen + 10, "the short part came among the first");
  for (const answer of thread.answers) {
    assert.equal(answer.kind, "pieces");
    const rows = answer.kind === "pieces" ? answer.pieces.flatMap((piece) => [...piece.rows]) : [];
    assert(rows.length <= 200, String(rows.length));
  }
  assert.deepEqual(
    [...host.sessions()].map(({ participant }) => participant.id),
    relay.participants.map(({ id }) => id),
  );
});

Deno.test("however many ask at the same time, the relay is asked once", async () => {
  const thread = new TestingThread(new TestingRelay().host());
  const { host } = thread.mirror;
  await Promise.all(Array.from({ length: 100 }, () => host.fresh("links", "mesh")));
  assert.deepEqual(thread.orders, [{
    kind: "read",
    parts: [{ part: "links", after: 0 }, { part: "mesh", after: 0 }],
  }]);
});

Deno.test("operations are done in the relay's thread, and what fails there fails here", async () => {
  const relay = new TestingRelay();
  const thread = new TestingThread(relay.host());
  const { operations } = thread.mirror.host;
  assert.deepEqual(await operations.kick("s", 5_000), relay.outcome);
  assert.deepEqual(await operations.reload(), relay.outcome);
  assert.deepEqual(relay.operated, ['kick ["s",5000]', "reload []"]);
  const broken: Partial<TestingHost> = {
    route: () => {
      throw new Error("no way");
    },
    sessions: () => {
      throw new Error("no sessions");
    },
    registration: () => {
      throw new Error("no entry");
    },
  };
  const { mirror } = new TestingThread(relay.host(broken));
  await assert.rejects(async () => await mirror.host.route("x"), /no way/);
  await mirror.host.fresh("sessions", "registration", "state");
  assert.deepEqual([...mirror.host.sessions()], []);
  assert.deepEqual(relay.faults, ["Error: no sessions", "Error: no entry"]);
});

Deno.test("faults on either side are the relay's to count", async () => {
  const relay = new TestingRelay();
  const { mirror } = new TestingThread(relay.host());
  const broken = buildApp(mirror.host, [() =>
    new Hono<AdminEnv>().get("/broken", () => {
      throw new Error("no health");
    })]);
  assert.match(await textOf(broken, "/broken"), /^500 .*"internal"/);
  mirror.host.fault("not even an error");
  await Promise.resolve();
  assert.deepEqual(relay.faults, ["Error: no health", "Error: not even an error"]);
});

Deno.test("lines of the log and of operations are written by the relay", async () => {
  const relay = new TestingRelay();
  const { host } = new TestingThread(relay.host()).mirror;
  host.log.warn("of HTTP", { by: { ip: "192.0.2.1", port: 1 }, error: new Error("why") });
  host.audit("operation", { what: "POST /x" });
  await Promise.resolve();
  assert.deepEqual(relay.lines, [
    {
      area: "http",
      level: "warn",
      message: "of HTTP",
      fields: { by: { ip: "192.0.2.1", port: 1 }, error: new Error("why") },
    },
    { area: "audit", level: "info", message: "operation", fields: { what: "POST /x" } },
  ]);
});

Deno.test("what a tap sees comes over whole and in order, and ends with it", async () => {
  const relay = new TestingRelay();
  const thread = new TestingThread(relay.host());
  const tap = thread.mirror.host.tap.subscribe({ room: "general", capacity: 1_000 });
  await settle();
  const packet = (seq: number): TapPacket => ({
    kind: "packet",
    at: 1,
    from: { ...relay.participants[0]!, ...MORE },
    seq,
    codec: "Opus24k",
    timestamp: 0,
    fecBlock: 0,
    fecSymbol: 0,
    repair: false,
    length: 80,
    fanOut: 2,
  });
  for (let seq = 0; seq < 1_200; seq++) relay.tap.show("general", packet(seq));
  const seen: number[] = [];
  let skipped = 0;
  for (let look = 0; seen.length < 1_000; look++) {
    assert(look < 200);
    const batch = tap.take(50);
    skipped += batch.skipped;
    for (const event of batch.events) {
      assert.equal(event.kind, "packet");
      if (event.kind === "packet") seen.push(event.seq);
    }
    await settle();
  }
  assert.equal(skipped, 200);
  assert.deepEqual(seen, Array.from({ length: 1_000 }, (_, place) => place + 200));
  tap.close();
  await settle();
  assert.equal(relay.tap.active, 0);
});

Deno.test("taps end with the thread that opened them", async () => {
  const relay = new TestingRelay();
  const thread = new TestingThread(relay.host());
  thread.mirror.host.tap.subscribe({ room: null });
  await settle();
  assert.equal(relay.tap.active, 1);
  thread.desk.close();
  assert.equal(relay.tap.active, 0);
  thread.desk.close();
  assert.deepEqual(relay.lines, [{
    area: "audit",
    level: "info",
    message: "taps ended",
    fields: { taps: 1, reason: "the HTTP server stopped" },
  }]);
});

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
