/** Direct calls, addresses and NAT of the client with a real relay. */
import assert from "node:assert/strict";
import { CallClient } from "../../client/calls/call_client.ts";
import type { CallClientEvent } from "../../client/calls/call_events.ts";
import { register } from "../../client/calls/signal_session.ts";
import { rmsOf } from "../../client/sound/level.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { systemClock } from "../../quic/clock.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";

/** Far above what anything takes on a busy machine: only a hang reaches it. */
const LIMIT_MS = 60_000;
const TONE_RMS = 16_000 / Math.SQRT2;

function near(rms: number): boolean {
  return Math.abs(rms / TONE_RMS - 1) < 0.2;
}

/** Lines of `--json`, one object each. */
function eventsOf(stdout: string): Record<string, unknown>[] {
  return stdout.trim().split("\n").map((line) => JSON.parse(line));
}

async function withTempDir(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "wzp-client-test-" });
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const nameOf = (relay: RelayProcess) => formatSocketAddress(relay.address);

/** A client that waits for calls, and its fingerprint. */
async function callee(relay: RelayProcess, ...args: string[]) {
  const process = await RelayProcess.spawn({
    args: ["client", "--signal", "--json", ...args, nameOf(relay)],
  });
  const [, fingerprint = ""] = await process.stdout.match(
    /"event":"registered","fingerprint":"([^"]+)"/,
    LIMIT_MS,
  );
  return { process, fingerprint };
}

function call(relay: RelayProcess, fingerprint: string, ...args: string[]) {
  return runRelay({
    args: ["client", "--call", fingerprint, "--json", ...args, nameOf(relay)],
  });
}

/** A registered client inside the test, which answers nothing by itself. */
async function caller(relay: RelayProcess) {
  const endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
  const events: CallClientEvent[] = [];
  let wake = () => {};
  const identity = new Identity(nodeCrypto, nodeCrypto.random(32));
  const client = await CallClient.register({
    endpoint,
    address: relay.address,
    identity,
    clock: systemClock,
    crypto: nodeCrypto,
    onEvent(event) {
      events.push(event);
      wake();
    },
  });
  return {
    fingerprint: identity.fingerprint,
    /** The first event of this type, once it has happened. */
    async event<T extends CallClientEvent["type"]>(type: T) {
      for (;;) {
        const found = events.find((event) => event.type === type);
        if (found) return found as Extract<CallClientEvent, { type: T }>;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    async [Symbol.asyncDispose]() {
      await client.leave();
      await endpoint.close();
    },
  };
}

Deno.test("a call is accepted, its tone arrives whole and as loud, and its end is heard", () =>
  withTempDir(async (dir) => {
    await using relay = await startRelay();
    const { process, fingerprint } = await callee(relay, "--record", `${dir}/heard.raw`);
    await using called = process;
    const { code, stdout, stderr } = await call(relay, fingerprint, "--send-tone", "3");
    assert.equal(code, 0, stderr);
    const events = eventsOf(stdout);
    assert.deepEqual(events.map(({ event }) => event), [
      "registered",
      "ringing",
      "answered",
      "media",
      "ended",
    ]);
    assert.equal(events[2]!.mode, "AcceptGeneric");
    assert.equal(events[3]!.path, "relay");
    const sent = (events[4]!.report as { sent: { frames: number; packets: number } }).sent;
    assert.deepEqual(sent.frames, 150);
    await called.stdout.match(/"event":"ended"/, LIMIT_MS);
    assert.deepEqual(await called.stop(), { code: 0, signal: null });
    const heard = eventsOf(called.stdout.text);
    assert.deepEqual(heard.map(({ event }) => event), [
      "registered",
      "incoming",
      "media",
      "ended",
      "recorded",
    ]);
    assert.equal(heard[1]!.from, events[0]!.fingerprint);
    const { by, reason, report } = heard[3] as {
      by: string;
      reason: string;
      report: { room: string; received: { packets: number; rms: number } };
    };
    assert.deepEqual([by, reason, report.room], ["them", "Normal", `call-${heard[1]!.call_id}`]);
    assert.ok(report.received.packets >= 0.98 * sent.packets, `${report.received.packets}`);
    assert.ok(near(report.received.rms), `RMS ${report.received.rms}`);
    const bytes = await Deno.readFile(`${dir}/heard.raw`);
    assert.ok(near(rmsOf(new Int16Array(bytes.buffer))));
  }));

Deno.test("a rejected call and one to nobody are told apart", async () => {
  await using relay = await startRelay();
  const { process, fingerprint } = await callee(relay, "--accept", "reject");
  await using _called = process;
  const rejected = await call(relay, fingerprint);
  assert.equal(rejected.code, 1);
  assert.match(rejected.stderr, /^wzp-relay client: The call was rejected\.\n$/);
  const nobody = await call(relay, "0123:4567:89ab:cdef:0123:4567:89ab:cdef");
  assert.equal(nobody.code, 1);
  assert.doesNotMatch(nobody.stdout, /Nobody/, "a failure is told once");
  assert.match(nobody.stderr, /^wzp-relay client: Nobody is registered with this fingerprint\.\n$/);
});

Deno.test("a call that nobody answers times out", async () => {
  await using relay = await startRelay({ config: "call_timeout = 1\n" });
  await using silent = await caller(relay);
  const { code, stderr } = await call(relay, silent.fingerprint);
  assert.equal(code, 1);
  assert.match(stderr, /^wzp-relay client: The call was not answered\.\n$/);
  const { end } = await silent.event("ended");
  assert.deepEqual([end.by, end.reason, end.stage], ["them", "Timeout", "incoming"]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`a caller that gets ${signal} while it rings is gone for the callee`, async () => {
    await using relay = await startRelay();
    await using silent = await caller(relay);
    await using ringing = await RelayProcess.spawn({
      args: ["client", "--call", silent.fingerprint, "--json", nameOf(relay)],
    });
    await ringing.stdout.match(/"event":"ringing"/, LIMIT_MS);
    await silent.event("incoming");
    assert.deepEqual(await ringing.stop(signal), { code: 0, signal: null });
    const { end } = await silent.event("ended");
    assert.deepEqual([end.by, end.reason, end.stage], ["them", "Normal", "incoming"]);
  });
}

Deno.test("SIGTERM during a call hangs up, and the other side goes on waiting for calls", async () => {
  await using relay = await startRelay();
  const { process, fingerprint } = await callee(relay);
  await using called = process;
  for (let round = 1; round <= 2; round++) {
    await using calling = await RelayProcess.spawn({
      args: ["client", "--signal", "--call", fingerprint, "--json", nameOf(relay)],
    });
    await calling.stdout.match(/"event":"media"/, LIMIT_MS);
    assert.deepEqual(await calling.stop("SIGTERM"), { code: 0, signal: null });
    const last = eventsOf(calling.stdout.text).at(-1)!;
    assert.deepEqual([last.event, last.by, last.reason], ["ended", "us", "Normal"]);
    await called.stdout.match(new RegExp(`("event":"ended"[^]*){${round}}`), LIMIT_MS);
  }
});

Deno.test("a client learns its own port, and two clients learn two", async () => {
  await using relay = await startRelay();
  const reflect = async () => {
    const { code, stdout, stderr } = await runRelay({
      args: ["client", "--reflect", "--json", nameOf(relay)],
    });
    assert.equal(code, 0, stderr);
    const { observed_addr, local_port } = JSON.parse(stdout);
    assert.equal(observed_addr, `127.0.0.1:${local_port}`);
    return local_port;
  };
  const [one, two] = [await reflect(), await reflect()];
  assert.notEqual(one, two);
  const open = async () => {
    const endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
    const { address } = relay;
    const who = { identity: null, clock: systemClock, crypto: nodeCrypto };
    const session = await register({ endpoint, address, ...who });
    return { endpoint, session };
  };
  const clients = await Promise.all([open(), open()]);
  for (const { endpoint, session } of clients) {
    assert.deepEqual(await session.reflect(LIMIT_MS), {
      ip: "127.0.0.1",
      port: endpoint.localAddress.port,
    });
    assert.ok(await session.ping(LIMIT_MS) >= 0);
  }
  for (const { endpoint } of clients) await endpoint.close();
});

Deno.test("several relays see one socket at the same port; loopback tells nothing of NAT", async () => {
  await using one = await startRelay();
  await using two = await startRelay();
  const { code, stdout, stderr } = await runRelay({
    args: ["client", "--nat", "--json", nameOf(one), nameOf(two), "no relay"],
  });
  assert.equal(code, 0, stderr);
  const { nat, relays } = JSON.parse(stdout);
  assert.equal(nat, "Unknown");
  assert.equal(relays[0].observed_addr, relays[1].observed_addr);
  assert.match(relays[0].observed_addr, /^127\.0\.0\.1:\d+$/);
  assert.match(relays[2].error, /"no relay" is not a relay address/);
  const plain = await runRelay({ args: ["client", "--nat", nameOf(one), nameOf(two)] });
  assert.match(plain.stdout, /\nNAT: Unknown, because 0 relays saw a public address/);
});

Deno.test("with --direct a call goes from client to client, and only with an accept that trusts", async () => {
  await using relay = await startRelay();
  for (const [accept, path] of [["trusted", "direct"], ["generic", "relay"]] as const) {
    const { process, fingerprint } = await callee(relay, "--direct", "--accept", accept);
    await using called = process;
    const { code, stdout, stderr } = await call(relay, fingerprint, "--direct", "--send-tone", "2");
    assert.equal(code, 0, stderr);
    const media = eventsOf(stdout).find(({ event }) => event === "media");
    assert.equal(media?.path, path, stdout);
    await called.stdout.match(/"event":"ended"/, LIMIT_MS);
    await called.stop();
    const ended = eventsOf(called.stdout.text).find(({ event }) => event === "ended")!;
    assert.deepEqual([ended.by, ended.reason, ended.problem], ["them", "Normal", null]);
    const { received, relay_fingerprint } = ended.report as {
      received: { packets: number; rms: number };
      relay_fingerprint: string | null;
    };
    assert.equal(relay_fingerprint === null, path === "direct");
    assert.ok(received.packets >= 98, `${received.packets}`);
    assert.ok(near(received.rms), `RMS ${received.rms}`);
  }
});
