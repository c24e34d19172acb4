/** Clients that do not behave: the relay goes on serving everybody else. */
import assert from "node:assert/strict";
import { PeekHandshake } from "../../quic/peek/peek_handshake.ts";
import { type RelayProcess, startRelay } from "../harness/relay_process.ts";
import { answerTo, call, HalfOpen, LIMIT_MS, linger } from "./callers.ts";

type Numbers = Record<string, number>;

async function handshakes(relay: RelayProcess): Promise<Numbers> {
  return (await relay.counters())["wzp_relay_handshakes_total"] as Numbers;
}

/** It serves, and is the process it was. */
async function stillServes(relay: RelayProcess, from?: string): Promise<void> {
  assert.deepEqual(await answerTo(relay, "ping", from), { kind: "peer", code: 0, reason: "" });
}

/** Sends single datagrams to the relay. */
function datagramsTo({ address }: RelayProcess) {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const to: Deno.NetAddr = { transport: "udp", hostname: address.ip, port: address.port };
  return {
    send: (datagram: Uint8Array) => socket.send(datagram, to),
    [Symbol.dispose]: () => socket.close(),
  };
}

Deno.test("a client that speaks another protocol is turned away and counted, the next is served", async () => {
  await using relay = await startRelay();
  for (let i = 0; i < 3; i++) {
    await assert.rejects(call(relay, "ping", { alpn: ["h3"] }), { code: "handshake_failed" });
  }
  await stillServes(relay);
  const { failed, complete } = await handshakes(relay);
  assert.deepEqual({ failed, complete }, { failed: 3, complete: 1 });
});

Deno.test("thousands of datagrams of garbage are not clients and stop nobody", async () => {
  await using relay = await startRelay();
  using socket = datagramsTo(relay);
  const request = new PeekHandshake({ serverName: "ping", alpn: "wzp" }).request();
  for (let i = 0; i < 6_000; i++) {
    const garbage = crypto.getRandomValues(new Uint8Array(8 + (i * 37) % 1392));
    // Some look like the first packet of a client, of this or another version, in parts.
    if (i % 3 === 1) garbage.set([0xc0, 0, 0, 0, i % 2, 8], 0);
    if (i % 3 === 2) {
      garbage.set(request.subarray(0, Math.min(garbage.length, 1_100)), 0);
    }
    await socket.send(garbage);
  }
  await stillServes(relay);
  assert.equal((await handshakes(relay))["complete"], 1);
});

Deno.test("whatever reason a client gives for leaving, it cannot end the relay or write its log", async () => {
  await using relay = await startRelay({ args: ["--log-level", "debug"] });
  const reasons = [
    "invalid server name",
    "invalid peer certificate",
    "timed out",
    "endpoint stopping",
    "\x1b[31m\n2026-01-01T00:00:00.000000Z  INFO relay: forged",
    "",
  ];
  for (const reason of reasons) {
    using client = await HalfOpen.begin(relay);
    await client.giveUp(reason);
    await relay.stdout.match(new RegExp(`failed .*:${client.address.port} `), LIMIT_MS);
  }
  await stillServes(relay);
  const counters = await relay.counters();
  assert.equal((counters["wzp_relay_handshakes_total"] as Numbers)["failed"], reasons.length);
  assert.equal(counters["wzp_relay_internal_errors_total"], 0);
  assert.doesNotMatch(relay.stdout.text, /^2026-01-01/m);
  assert.ok(!relay.stdout.text.includes("\x1b"));
});

Deno.test("a client that only reads the certificate is not counted as a failure", async () => {
  await using relay = await startRelay({ args: ["--log-level", "debug"] });
  using client = await HalfOpen.begin(relay);
  await client.giveUp();
  await relay.stdout.match(/certificate was read/, LIMIT_MS);
  const { peeked, failed } = await handshakes(relay);
  assert.deepEqual({ peeked, failed }, { peeked: 1, failed: 0 });
});

Deno.test("clients that begin a handshake and vanish time out and are counted as that", async () => {
  await using relay = await startRelay({ config: "handshake_timeout = 1\n" });
  for (let i = 0; i < 20; i++) (await HalfOpen.begin(relay))[Symbol.dispose]();
  await relay.stdout.matchTimes(/reason="handshake timeout"/, 20, LIMIT_MS);
  const counters = await relay.counters();
  assert.equal((counters["wzp_relay_handshakes_total"] as Numbers)["timeout"], 20);
  assert.equal(counters["wzp_relay_handshakes_in_progress"], 0);
  await stillServes(relay);
});

Deno.test("clients that vanish after the handshake stop nobody", async () => {
  await using relay = await startRelay();
  await Promise.all(Array.from({ length: 20 }, async () => {
    const connection = await call(relay, "general");
    // Its socket closes without reading what the relay answers.
    await connection[Symbol.asyncDispose]();
  }));
  await stillServes(relay);
  assert.equal((await handshakes(relay))["complete"], 21);
});

Deno.test("one source has only so many handshakes in progress, others are served, and places come back", async () => {
  await using relay = await startRelay({
    args: ["--log-level", "debug"],
    config: "max_handshakes_per_source = 2\nhandshake_timeout = 300\n",
  });
  using first = await HalfOpen.begin(relay);
  using _second = await HalfOpen.begin(relay);
  await assert.rejects(call(relay, "ping"), { name: "QuicError" });
  await stillServes(relay, "127.0.0.2");
  assert.equal((await handshakes(relay))["over_source_limit"], 1);
  await first.giveUp();
  await relay.stdout.match(/certificate was read/, LIMIT_MS);
  await stillServes(relay);
});

Deno.test("above the cap on handshakes clients are refused and counted, and served again later", async () => {
  await using relay = await startRelay({
    args: ["--log-level", "debug"],
    config: "max_handshakes = 1\nhandshake_timeout = 300\n",
  });
  using first = await HalfOpen.begin(relay);
  await assert.rejects(call(relay, "ping", { from: "127.0.0.2" }), { name: "QuicError" });
  assert.equal((await handshakes(relay))["over_limit"], 1);
  await first.giveUp();
  await relay.stdout.match(/certificate was read/, LIMIT_MS);
  await stillServes(relay);
});

Deno.test("one source has only so many connections, others are served, and places come back", async () => {
  await using relay = await startRelay({
    args: ["--log-level", "debug"],
    config: "max_connections_per_source = 1\n",
  });
  for (let attempt = 1;; attempt++) {
    const held = await linger(relay);
    let open = true;
    held.closed.then(() => open = false, () => open = false);
    const excess = await answerTo(relay, "ping");
    await stillServes(relay, "127.0.0.2");
    if (!open && attempt < 10) continue; // Slower than the relay's patience with such a client: says nothing.
    assert.deepEqual(excess, { kind: "peer", code: 0, reason: "too many connections" });
    const from = relay.stdout.text.length;
    held.close({ closeCode: 0, reason: "bye" });
    await relay.stdout.match(/connection closed .*reason="bye"/, LIMIT_MS, from);
    break;
  }
  await stillServes(relay);
  assert.ok((await handshakes(relay))["over_source_limit"]! >= 1);
});

Deno.test("a flood of clients does not flood the log", async () => {
  await using relay = await startRelay({ config: "max_handshakes = 1\nhandshake_timeout = 300\n" });
  using _held = await HalfOpen.begin(relay);
  using socket = datagramsTo(relay);
  const refused = async () => (await handshakes(relay))["over_limit"]!;
  // The kernel may drop some of a burst, so they are counted by what arrived.
  while (await refused() < 400) {
    for (let i = 0; i < 50; i++) {
      await socket.send(new PeekHandshake({ serverName: "a", alpn: "wzp" }).request());
    }
  }
  await relay.stop();
  const lines = relay.stdout.text.match(/too many handshakes in progress/g)!;
  const counters = JSON.parse(relay.stdout.text.trim().split("\n").at(-1)!);
  const suppressed = counters["wzp_relay_log_lines_suppressed_total"];
  assert.ok(suppressed > 0);
  assert.match(
    relay.stdout.text,
    /Left out lines that repeat suppressed=\d+ like="too many handshakes/,
  );
  assert.ok(lines.length < counters["wzp_relay_handshakes_total"]["over_limit"], `${lines.length}`);
});
