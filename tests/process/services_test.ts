/** What the relay answers to each name a client can ask for. */
import assert from "node:assert/strict";
import { runRelay, startRelay } from "../harness/relay_process.ts";
import { answerTo, call, LIMIT_MS, NO_NAME } from "./callers.ts";

Deno.test("a ping gets a close with code 0 and no reason, no stream and no datagram", async () => {
  await using relay = await startRelay();
  await using connection = await call(relay, "ping");
  let datagrams = 0;
  connection.onDatagram(() => datagrams++);
  const streams = Promise.all([connection.acceptUni(), connection.acceptBidi()]);
  assert.deepEqual(await connection.closed, { kind: "peer", code: 0, reason: "" });
  assert.deepEqual(await streams, [null, null]);
  assert.equal(datagrams, 0);
});

Deno.test("a version check gets exactly the build hash on one stream, its end, and a close without reason", async () => {
  const hash = (await runRelay({ args: ["--version"] })).stdout.trim().split(" ")[1];
  await using relay = await startRelay();
  await using connection = await call(relay, "version");
  const stream = await connection.acceptUni();
  assert.ok(stream);
  let answer = "";
  for (let part = await stream.read(); part !== null; part = await stream.read()) {
    answer += new TextDecoder().decode(part);
  }
  assert.equal(answer, hash);
  const more = Promise.all([connection.acceptUni(), connection.acceptBidi()]);
  assert.deepEqual(await connection.closed, { kind: "peer", code: 0, reason: "" });
  assert.deepEqual(await more, [null, null]);
});

Deno.test("a name in capitals is the same name", async () => {
  await using relay = await startRelay();
  assert.deepEqual(await answerTo(relay, "PING"), { kind: "peer", code: 0, reason: "" });
});

Deno.test("relays among themselves are services of their own, and who proves nothing there gets nothing", async () => {
  await using relay = await startRelay();
  for (const name of ["_federation", "_relay"]) {
    assert.deepEqual(await answerTo(relay, name), { kind: "peer", code: 0, reason: "timeout" });
  }
  const counters = await relay.counters();
  const connections = counters["wzp_relay_connections_total"] as Record<string, number>;
  assert.deepEqual([connections["federation"], connections["relay"]], [1, 1]);
  const refusals = counters["wzp_federation_refusals_total"] as Record<string, number>;
  assert.equal(refusals["timeout"], 2);
});

Deno.test("who says nothing on a media or signal connection is closed with code 0 and the reason", async () => {
  await using relay = await startRelay({ config: "handshake_timeout = 1\n" });
  const names = ["general", "call-x", "a.b", NO_NAME, "_signal"];
  const answers = await Promise.all(names.map((name) => answerTo(relay, name)));
  for (const [i, answer] of answers.entries()) {
    assert.deepEqual(answer, { kind: "peer", code: 0, reason: "handshake timeout" }, names[i]);
  }
  const counters = await relay.counters();
  const connections = counters["wzp_relay_connections_total"] as Record<string, number>;
  assert.deepEqual([connections["room"], connections["call"], connections["signal"]], [3, 1, 1]);
  await relay.stdout.match(/handshake complete .*sni="default"/, LIMIT_MS);
});

Deno.test("each connection has one id, in all the lines about it", async () => {
  await using relay = await startRelay({ args: ["--log-level", "debug"] });
  await answerTo(relay, "ping");
  await relay.stdout.match(/connection closed/, LIMIT_MS);
  const lines = relay.stdout.text.split("\n").filter((line) => line.includes(" accept: "));
  assert.deepEqual(
    lines.map((line) => /accept: ([a-z ]+) conn="([0-9a-z]{4}-1)"/.exec(line)?.[1]),
    [
      "incoming connection",
      "handshake complete",
      "connection closed",
    ],
  );
});

Deno.test("the client in the same executable pings a relay and asks its version", async () => {
  await using relay = await startRelay();
  const { ip, port } = relay.address;
  const pin = relay.tlsFingerprint;
  const ping = await runRelay({ args: ["client", "--ping", "--json", `${ip}:${port}`] });
  assert.equal(ping.code, 0, ping.stderr);
  assert.equal(JSON.parse(ping.stdout).tls_fingerprint, pin);
  const args = ["client", "--version-check", "--pin", pin, `${ip}:${port}`];
  const version = await runRelay({ args });
  assert.equal(version.code, 0, version.stderr);
  assert.match(version.stdout, /^127\.0\.0\.1:\d+ (?:[0-9a-f]{7}|unknown)\n$/);
});

Deno.test("a relay without an IP in its address answers on IPv4 and on IPv6", async () => {
  await using relay = await startRelay({ args: ["--listen", ":0"] });
  const { tlsFingerprint, address: { port } } = relay;
  for (const ip of ["127.0.0.1", "::1"]) {
    const callee = { tlsFingerprint, address: { ip, port } };
    assert.equal((await answerTo(callee, "ping", ip)).kind, "peer", ip);
  }
});
