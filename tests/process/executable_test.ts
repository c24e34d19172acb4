/** The built executable from start to end, as an operator sees it. */
import assert from "node:assert/strict";
import { relayExecutable, RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";

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

Deno.test("a path in a complaint cannot drive the terminal", async () => {
  const { code, stderr } = await runRelay({ args: ["--identity", "/dev/null/\x1b[31m\n"] });
  assert.equal(code, 78);
  assert.match(stderr, /^wzp-relay: [ -~]*\\u001b\[31m\\n[ -~]*\n$/);
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

Deno.test("it ends on SIGTERM although its standard output takes nothing any more", async () => {
  const log = await Deno.makeTempFile();
  try {
    // The ready line goes to a file and the counters to a device that is full.
    const through = ["/bin/sh", "-c", 'exec "$0" "$@" >/dev/full'];
    await using relay = await RelayProcess.spawn({
      through,
      args: ["--listen", "127.0.0.1:0", "--log-file", log],
    });
    while (!(await Deno.readTextFile(log)).includes("Listening for connections...")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(await relay.stop("SIGTERM"), { code: 0, signal: null });
  } finally {
    await Deno.remove(log);
  }
});

Deno.test("it serves on and ends on SIGTERM although nobody reads its standard output", async () => {
  const log = await Deno.makeTempFile();
  const child = new Deno.Command(relayExecutable(), {
    args: ["--listen", "127.0.0.1:0", "--identity", `${log}.id`, "--log-file", log],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, 60_000);
  const logged = async (text: string) => {
    while (!(await Deno.readTextFile(log)).includes(text)) {
      assert(!late, `no "${text}" in the log`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  try {
    await logged("Listening for connections...");
    // Far more than the 64 KiB a pipe holds; each reload is a sign of life after the signals before it.
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 20; i++) {
        child.kill("SIGUSR1");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await Deno.truncate(log);
      child.kill("SIGHUP");
      await logged("configuration reloaded");
    }
    child.kill("SIGTERM");
    const { code, signal } = await child.status;
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
  } finally {
    clearTimeout(deadline);
    await child.stdout.cancel();
    for (const path of [log, `${log}.id`, `${log}.id.d`]) {
      await Deno.remove(path, { recursive: true });
    }
  }
});
