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

Deno.test("every other name, and none, is closed with code 0 and a reason", async () => {
  await using relay = await startRelay();
  const names = ["general", "_signal", "_probe", "_federation", "_relay", "call-x", "a.b", NO_NAME];
  for (const name of names) {
    const { kind, code, reason } = await answerTo(relay, name);
    assert.equal(kind, "peer", name);
    assert.equal(code, 0, name);
    assert.equal(reason, "not available", name);
  }
  const counters = await relay.counters();
  assert.deepEqual(counters["wzp_relay_connections_total"], {
    ...counters["wzp_relay_connections_total"] as object,
    unknown: names.length,
    ping: 0,
  });
  await relay.stdout.match(/handshake complete .*sni="default"/, LIMIT_MS);
});

Deno.test("each connection has one id, in all the lines about it", async () => {
  await using relay = await startRelay({ args: ["--log-level", "debug"] });
  await answerTo(relay, "general");
  await relay.stdout.match(/connection closed/, LIMIT_MS);
  const lines = relay.stdout.text.split("\n").filter((line) => line.includes(" accept: "));
  assert.deepEqual(
    lines.map((line) => /accept: ([a-z ]+) conn="([0-9a-z]{4}-1)"/.exec(line)?.[1]),
    [
      "incoming connection",
      "handshake complete",
      "connection turned away",
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
