/** The built executable from start to end, as an operator sees it. */
import assert from "node:assert/strict";
import { runRelay, startRelay } from "../harness/relay_process.ts";

Deno.test("--version names the program and its commit", async () => {
  const { code, stdout, stderr } = await runRelay({ args: ["--version"] });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^wzp-relay (?:[0-9a-f]{7}|unknown)\n$/);
});

Deno.test("--self-test finds every part of the platform working", async () => {
  const { code, stdout } = await runRelay({ args: ["--self-test"] });
  assert.equal(code, 0, stdout);
  assert.deepEqual(stdout.trim().split("\n"), ["worker: ok", "wasm: ok", "udp: ok", "ed25519: ok"]);
});

Deno.test("an unknown flag is one sentence and exit code 64", async () => {
  const { code, stdout, stderr } = await runRelay({ args: ["--no-such-flag"] });
  assert.equal(code, 64);
  assert.equal(stdout, "");
  assert.match(stderr, /^wzp-relay: .*--no-such-flag.*\n/);
  assert.doesNotMatch(stderr, /\n\s+at /);
});

Deno.test("it says where it listens and who it is, prints its counters on SIGUSR1 and ends on SIGTERM", async () => {
  await using relay = await startRelay();
  assert.equal(relay.address.ip, "127.0.0.1");
  assert.ok(relay.address.port > 0);
  assert.match(relay.tlsFingerprint, /^(?:[0-9a-f]{2}:){31}[0-9a-f]{2}$/);
  assert.match(relay.fingerprint, /^(?:[0-9a-f]{4}:){7}[0-9a-f]{4}$/);
  const counters = await relay.counters();
  assert.ok(Object.keys(counters).length > 0);
  assert.deepEqual(await relay.stop("SIGTERM"), { code: 0, signal: null });
});

Deno.test("the same home gives the same identity", async () => {
  const home = await Deno.makeTempDir({ prefix: "wzp-relay-test-" });
  try {
    const fingerprints: string[] = [];
    for (let start = 0; start < 2; start++) {
      await using relay = await startRelay({ home });
      fingerprints.push(`${relay.fingerprint} ${relay.tlsFingerprint}`);
      await relay.stop();
    }
    assert.equal(fingerprints[0], fingerprints[1]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
