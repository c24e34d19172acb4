/** `-c` with a file that is not there yet. */
import assert from "node:assert/strict";
import { runRelay, startRelay } from "../harness/relay_process.ts";
import { answerTo, LIMIT_MS } from "./callers.ts";
import { scratch, tree } from "./disk.ts";

Deno.test("a missing file is written with this relay's own block, and the relay runs", async () => {
  await using home = await scratch();
  const path = `${home.path}/etc/wzp/relay.toml`;
  let written: Record<string, string>;
  let tlsFingerprint: string;
  {
    await using relay = await startRelay({ home: home.path, args: ["-c", path] });
    ({ tlsFingerprint } = relay);
    await relay.stderr.match(/^wzp-relay: [^\n]*\n$/, LIMIT_MS);
    assert.ok(relay.stderr.text.includes(path));
    const text = await Deno.readTextFile(path);
    assert.equal((await Deno.stat(path)).mode! & 0o7133, 0);
    const active = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const [first, ...sections] = active;
    assert.equal(first, `listen_addr = "127.0.0.1:${relay.address.port}"`);
    assert.ok(sections.every((line) => /^\[[a-z_]+\]$/.test(line)), sections.join());
    const block = /^# +\[\[peers\]\]\n# +url = "(.+)"\n# +fingerprint = "(.+)"\n# +label = ".+"$/m;
    const [, url, fingerprint] = block.exec(text) ?? [];
    assert.equal(url, `127.0.0.1:${relay.address.port}`);
    assert.equal(fingerprint, tlsFingerprint);
    assert.equal((await answerTo(relay, "ping")).kind, "peer");
    await relay.stop();
    written = await tree(`${home.path}/etc`);
  }
  const args = ["-c", path, "--listen", "127.0.0.1:0"];
  await using again = await startRelay({ home: home.path, args });
  assert.equal(again.stderr.text, "");
  assert.equal(again.tlsFingerprint, tlsFingerprint);
  await again.stop();
  assert.deepEqual(await tree(`${home.path}/etc`), written);
});

Deno.test("the address in the block is one that others can reach where there is any", async () => {
  await using home = await scratch();
  const path = `${home.path}/relay.toml`;
  const args = ["-c", path, "--listen", "0.0.0.0:0", "--advertised-addr", "203.0.113.5:4433"];
  await using relay = await startRelay({ home: home.path, args });
  const text = await Deno.readTextFile(path);
  assert.match(text, /^# +url = "203\.0\.113\.5:4433"$/m);
  assert.ok(text.includes(`listen_addr = "0.0.0.0:${relay.address.port}"`));
});

Deno.test("with every sample made active the example is a valid configuration", async () => {
  await using home = await scratch();
  const path = `${home.path}/relay.toml`;
  {
    await using relay = await startRelay({ home: home.path, args: ["-c", path] });
    await relay.stop();
  }
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace(/^#(?=[a-z_]+ = )/gm, ""));
  const { code, stderr } = await runRelay({
    home: home.path,
    args: ["-c", path, "--check-config"],
  });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
});

Deno.test("an example that the disk has no room for leaves no part of itself behind", async () => {
  // Unpacks the executable, should this be its first start, while there is room.
  await runRelay({ args: ["--version"] });
  await using home = await scratch();
  const path = `${home.path}/relay.toml`;
  const { code, stderr } = await runRelay({
    home: home.path,
    args: ["--listen", "127.0.0.1:0", "-c", path],
    through: ["sh", "-c", 'trap "" XFSZ; ulimit -f 1; exec "$@"', "sh"],
  });
  assert.equal(code, 78, stderr);
  assert.match(stderr, /^wzp-relay: [^\n]*\n$/);
  assert.ok(stderr.includes(path));
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("a place where no file can be written is a sentence with the path and the flag", async () => {
  await using folder = await scratch();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  await Deno.symlink(`${folder.path}/nowhere`, `${folder.path}/link`);
  const before = await tree(folder.path);
  for (
    const path of [
      `${folder.path}/file/relay.toml`,
      `${folder.path}/link`,
      folder.path,
      "/proc/relay.toml",
      "/dev/full",
      "/dev/null/relay.toml",
      `${folder.path}/${"x".repeat(300)}`,
    ]
  ) {
    const { code, stdout, stderr } = await runRelay({
      args: ["--listen", "127.0.0.1:0", "-c", path],
    });
    assert.equal(code, 78, `${path}: ${stderr}`);
    assert.equal(stdout, "", path);
    assert.match(stderr, /^wzp-relay: [^\n]*\n$/, path);
    assert.ok(stderr.includes(path), stderr);
    assert.doesNotMatch(stderr, /os error|--allow|NotCapable/, path);
  }
  assert.deepEqual(await tree(folder.path), before);
});
