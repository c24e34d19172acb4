/** Several relays on one machine: side by side where they differ, and not at all where they clash. */
import assert from "node:assert/strict";
import { runRelay, startRelay } from "../harness/relay_process.ts";
import { answerTo } from "./callers.ts";
import { scratch, tree } from "./disk.ts";

Deno.test("a port that is taken is a sentence with the flag, exit code 69, and nothing on disk", async () => {
  await using relay = await startRelay();
  await using home = await scratch();
  const before = await tree(home.path);
  const { code, stdout, stderr } = await runRelay({
    home: home.path,
    args: ["--listen", `127.0.0.1:${relay.address.port}`, "-c", `${home.path}/relay.toml`],
  });
  assert.equal(code, 69, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /^wzp-relay: [^\n]*\n$/);
  assert.ok(stderr.includes(`127.0.0.1:${relay.address.port}`), stderr);
  assert.match(stderr, /--listen/);
  assert.deepEqual(await tree(home.path), before);
  assert.equal((await answerTo(relay, "ping")).kind, "peer");
});

Deno.test("the same command twice says that the port is taken and leaves the first relay alone", async () => {
  await using relay = await startRelay();
  const listen = `127.0.0.1:${relay.address.port}`;
  const before = await tree(relay.home);
  const { code } = await runRelay({ home: relay.home, args: ["--listen", listen] });
  assert.equal(code, 69);
  assert.deepEqual(await tree(relay.home), before);
});

Deno.test("an address that this machine does not have is a sentence and exit code 69", async () => {
  const { code, stdout, stderr } = await runRelay({ args: ["--listen", "192.0.2.1:0"] });
  assert.equal(code, 69);
  assert.equal(stdout, "");
  assert.match(stderr, /^wzp-relay: Cannot listen on 192\.0\.2\.1:0: [^\n]*--listen\n$/);
});

Deno.test("two relays cannot share an identity: the second names the process of the first", async () => {
  await using relay = await startRelay();
  const before = await tree(relay.home);
  const args = ["--listen", "127.0.0.1:0"];
  const { code, stdout, stderr } = await runRelay({ home: relay.home, args });
  assert.equal(code, 78);
  assert.equal(stdout, "");
  assert.match(stderr, /^wzp-relay: [^\n]*\n$/);
  const pid = Number(/process (\d+)/.exec(stderr)?.[1]);
  assert.ok(pid > 0, stderr);
  Deno.kill(pid, "SIGUSR1");
  await relay.stdout.match(/^\{.*wzp_relay_build_info/m, 60_000);
  assert.match(stderr, /--identity/);
  assert.deepEqual(await tree(relay.home), before);
});

Deno.test("a state directory of its own does not let a second relay run under the same identity", async () => {
  await using first = await startRelay();
  const args = ["--listen", "127.0.0.1:0", "-i", `${first.home}/.wzp/relay-identity`];
  const second = await runRelay({ args: [...args, "--state-dir", `${first.home}/other`] });
  assert.equal(second.code, 78);
  assert.match(second.stderr, /identity file .*relay-identity is in use by another relay/);
  assert.match(second.stderr, /--identity/);
});

Deno.test("a relay that was killed leaves no lock behind", async () => {
  await using home = await scratch();
  {
    await using first = await startRelay({ home: home.path });
    assert.ok(first.pid > 0);
    // Leaving the block kills it.
  }
  await using second = await startRelay({ home: home.path });
  assert.deepEqual(await second.stop(), { code: 0, signal: null });
});

Deno.test("relays with a configuration, an identity and a port each live side by side", async () => {
  await using home = await scratch();
  await using relays = new AsyncDisposableStack();
  const fingerprints = new Set<string>();
  for (const name of ["a", "b", "c"]) {
    const relay = relays.use(
      await startRelay({
        home: home.path,
        args: ["-c", `${home.path}/${name}.toml`, "-i", `${home.path}/${name}.id`],
      }),
    );
    fingerprints.add(relay.tlsFingerprint);
    assert.equal((await answerTo(relay, "ping")).kind, "peer", name);
    const example = await Deno.readTextFile(`${home.path}/${name}.toml`);
    assert.ok(example.includes(relay.tlsFingerprint), name);
  }
  assert.equal(fingerprints.size, 3);
});
