import assert from "node:assert/strict";
import { RelayCertificate } from "../proto/certificate.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { denoTransport } from "../quic/deno/transport.ts";
import { QuicError } from "../quic/errors.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import { memoryPair } from "../quic/memory_pair.ts";
import { MemoryTransport, type OnDial } from "../quic/memory_transport.ts";
import { peekCertificate } from "../quic/peek_certificate.ts";
import type { Transport } from "../quic/port.ts";
import { ClientError } from "./errors.ts";
import { runClient } from "./run.ts";

const PIN = "79:2a:11:fe:0b:d3:02:53:18:15:7b:4d:6c:16:49:2e:" +
  "b0:05:60:95:f8:53:8d:96:31:3d:40:50:90:d8:c1:1b";

async function run(args: string[], transport: Transport, clock = new ManualClock()) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await runClient(args, {
    transport,
    clock,
    print: (line) => printed.push(line),
    printError: (line) => complaints.push(line),
  });
  return { code, printed, complaints };
}

/** Relays whose handshakes take these times, in turn. */
function relays(clock: ManualClock, ...times: number[]): MemoryTransport {
  const transport = new MemoryTransport();
  transport.onDial = () => {
    clock.advance(times.shift()!);
    return memoryPair()[0];
  };
  return transport;
}

function answering(onDial: OnDial): MemoryTransport {
  const transport = new MemoryTransport();
  transport.onDial = onDial;
  return transport;
}

const version: OnDial = () => {
  const [client, server] = memoryPair();
  server.openUni().then((stream) => stream.finish(new TextEncoder().encode("9377a90")));
  return client;
};

Deno.test("help and wrong usage open no socket", async () => {
  const transport = new MemoryTransport();
  const help = await run(["--help"], transport);
  assert.equal(help.code, 0);
  assert.match(help.printed[0]!, /^Usage: wzp-relay client/);
  const wrong = await run(["--pong"], transport);
  assert.equal(wrong.code, 64);
  assert.deepEqual(wrong.printed, []);
  assert.match(wrong.complaints[0]!, /^wzp-relay client: unknown option "--pong"/);
  assert.equal(transport.endpoints.length, 0);
});

Deno.test("a ping prints every handshake and the median", async () => {
  const clock = new ManualClock();
  const transport = relays(clock, 90, 30, 10, 20);
  const { code, printed } = await run(["--ping", "--pin", PIN, "192.0.2.1:5000"], transport, clock);
  assert.equal(code, 0);
  assert.deepEqual(printed, [
    "192.0.2.1:5000 handshake 1: 30.0 ms",
    "192.0.2.1:5000 handshake 2: 10.0 ms",
    "192.0.2.1:5000 handshake 3: 20.0 ms",
    `192.0.2.1:5000 median 20.0 ms tls_fingerprint=${PIN}`,
  ]);
  assert.ok(transport.endpoints[0]?.closed);
});

Deno.test("for scripts a ping is one JSON object", async () => {
  const clock = new ManualClock();
  const transport = relays(clock, 9, 1.23456, 2);
  const args = ["--ping", "--json", "--count", "2", "--pin", PIN, "[2001:db8::1]:5000"];
  const { printed } = await run(args, transport, clock);
  assert.equal(printed.length, 1);
  assert.deepEqual(JSON.parse(printed[0]!), {
    relay: "[2001:db8::1]:5000",
    tls_fingerprint: PIN,
    median_ms: 1.617,
    handshakes_ms: [1.235, 2],
  });
  assert.equal(transport.endpoints[0]?.localAddress.ip, "::");
});

Deno.test("the version is printed beside the address, or as JSON", async () => {
  const plain = await run(["--version-check", "192.0.2.1:5000"], answering(version));
  assert.deepEqual(plain.printed, ["192.0.2.1:5000 9377a90"]);
  const json = await run(["--version-check", "--json", "192.0.2.1:5000"], answering(version));
  assert.deepEqual(JSON.parse(json.printed[0]!), { relay: "192.0.2.1:5000", version: "9377a90" });
});

Deno.test("a relay that cannot be reached is one sentence, status 1, and the socket is closed", async () => {
  const transport = answering(() => {
    throw new QuicError("timeout", "Handshake failed: timed out");
  });
  const { code, printed, complaints } = await run(["--version-check", "192.0.2.1:1"], transport);
  assert.equal(code, 1);
  assert.deepEqual(printed, []);
  assert.deepEqual(complaints, ["wzp-relay client: The relay at 192.0.2.1:1 does not answer."]);
  assert.ok(transport.endpoints[0]?.closed);
});

Deno.test("every question to a relay that does not answer is given up as soon, and the relay is named", async () => {
  for (const question of ["--ping", "--version-check", "--reflect"]) {
    const timeouts: unknown[] = [];
    const transport = answering(({ timeoutMs }) => {
      timeouts.push(timeoutMs);
      throw new QuicError("timeout", "Handshake failed: timed out");
    });
    const pin = question === "--ping" ? ["--pin", PIN] : [];
    const { code, complaints } = await run([question, ...pin, "192.0.2.1:1"], transport);
    assert.deepEqual([code, timeouts], [1, [3_000]], question);
    assert.match(complaints[0]!, /^wzp-relay client: The relay at 192\.0\.2\.1:1 d[^\n]*\.$/);
  }
});

Deno.test("judging the NAT, a relay that does not answer is named in what is said of it", async () => {
  const transport = answering(() => {
    throw new QuicError("timeout", "Handshake failed: timed out");
  });
  const { printed } = await run(["--nat", "--json", "192.0.2.1:1"], transport);
  assert.equal(
    JSON.parse(printed[0]!).relays[0].error,
    "The relay at 192.0.2.1:1 did not answer within 1500 ms.",
  );
});

Deno.test("a QUIC library this build does not have is wrong usage", async () => {
  const lacking: Transport = {
    name: "lacking",
    open: () => Promise.reject(new ClientError("unsupported", "From source only.")),
  };
  const { code, complaints } = await run(["--ping", "192.0.2.1:1"], lacking);
  assert.deepEqual([code, complaints], [64, ["wzp-relay client: From source only."]]);
});

Deno.test("a name that does not resolve is a sentence", async () => {
  const { code, complaints } = await run(["--ping", "no-such-host.invalid"], new MemoryTransport());
  assert.equal(code, 1);
  assert.match(complaints[0]!, /"no-such-host.invalid" cannot be resolved/);
});

Deno.test("a fault of the tool itself is not dressed up as a sentence", async () => {
  const transport = answering(() => {
    throw new RangeError("ours");
  });
  await assert.rejects(run(["--version-check", "192.0.2.1:1"], transport), RangeError);
  assert.ok(transport.endpoints[0]?.closed);
});

Deno.test("without a pin the certificate is learned from the relay itself, and a wrong pin is refused", async () => {
  const transport = denoTransport({ peek: peekCertificate });
  const endpoint = await transport.open({ ip: "127.0.0.1", port: 0 });
  const made = new RelayCertificate(nodeCrypto, nodeCrypto.random(32));
  const listener = endpoint.listen({ certificate: made.der, privateKey: made.privateKeyDer() });
  const serving = (async () => {
    for (let next = await listener.next(); next !== null; next = await listener.next()) {
      next.accept().then((connection) => connection.close(0, ""), () => {});
    }
  })();
  try {
    const relay = `127.0.0.1:${endpoint.localAddress.port}`;
    const learned = await run(["--ping", "--json", "--count", "2", relay], transport);
    assert.equal(learned.code, 0, learned.complaints.join());
    assert.equal(JSON.parse(learned.printed[0]!).tls_fingerprint, made.fingerprint);
    const refused = await run(["--ping", "--pin", PIN, relay], transport);
    assert.equal(refused.code, 1);
    assert.match(refused.complaints[0]!, /another certificate than the pinned one/);
  } finally {
    await endpoint.close();
    await serving;
  }
});

Deno.test("a relay's close reason cannot drive the terminal of who reads it", async () => {
  const transport = answering(() => {
    const [client, relay] = memoryPair();
    relay.close(0, "\x1b]0;title\x07\nwzp-relay client: all is well\u202e");
    return client;
  });
  const { code, complaints } = await run(["--version-check", "192.0.2.1:1"], transport);
  assert.equal(code, 1);
  assert.deepEqual(complaints, [
    "wzp-relay client: The relay closed without telling its version " +
    "(?]0;title??wzp-relay client: all is well?).",
  ]);
});
