/** The identity file, on which everybody's trust in a relay rests. */
import assert from "node:assert/strict";
import { type FinishedRelay, runRelay, startRelay } from "../harness/relay_process.ts";
import { scratch } from "./disk.ts";

const SEED = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/** The relay said in one sentence why it does not start. */
function refused({ code, stdout, stderr }: FinishedRelay, ...words: (string | RegExp)[]): void {
  assert.equal(code, 78, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /^wzp-relay: [^\n]*\n$/);
  for (const word of words) {
    assert.match(stderr, typeof word === "string" ? new RegExp(RegExp.escape(word)) : word);
  }
}

async function files(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("the same identity gives the same certificate over restarts and moves", async () => {
  await using folder = await scratch();
  const seen = new Set<string>();
  for (const path of ["identity", "identity", "elsewhere/identity"]) {
    if (path !== "identity") {
      await Deno.mkdir(`${folder.path}/elsewhere`);
      await Deno.rename(`${folder.path}/identity`, `${folder.path}/${path}`);
    }
    await using relay = await startRelay({ args: ["-i", `${folder.path}/${path}`] });
    const { ip, port } = relay.address;
    const args = ["client", "--ping", "--json", "--count", "1", `${ip}:${port}`];
    const { tls_fingerprint } = JSON.parse((await runRelay({ args })).stdout);
    assert.equal(tls_fingerprint, relay.tlsFingerprint);
    seen.add(`${relay.fingerprint} ${tls_fingerprint}`);
    await relay.stop();
  }
  assert.equal(seen.size, 1);
});

Deno.test("a new identity is created with its folders, for this user alone, and is not created again", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/new/deep/identity`;
  for (const expected of [/identity generated/, /identity loaded/]) {
    await using relay = await startRelay({ args: ["-i", path] });
    assert.match(relay.stdout.text, expected);
    assert.doesNotMatch(relay.stdout.text, /chmod/);
    await relay.stop();
  }
  assert.match(await Deno.readTextFile(path), /^[0-9a-f]{64}$/);
  assert.equal((await Deno.stat(path)).mode! & 0o7777, 0o600);
  assert.equal((await Deno.stat(`${path}.d`)).mode! & 0o7777, 0o700);
  assert.deepEqual(await files(`${folder.path}/new/deep`), ["identity", "identity.d"]);
});

Deno.test("by default everything is below ~/.wzp", async () => {
  await using relay = await startRelay();
  assert.deepEqual(await files(`${relay.home}/.wzp`), ["relay-identity", "relay-identity.d"]);
  assert.deepEqual(await files(relay.home), [".wzp"]);
});

Deno.test("an identity file of the original, in capitals and with a line end, is taken as it is", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/identity`;
  const fingerprints = new Set<string>();
  for (const text of [SEED, `${SEED.toUpperCase()}\n`, `  ${SEED}\r\n`]) {
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    await using relay = await startRelay({ args: ["-i", path] });
    fingerprints.add(relay.tlsFingerprint);
    assert.equal(await Deno.readTextFile(path), text);
    await relay.stop();
  }
  assert.equal(fingerprints.size, 1);
});

Deno.test("an identity that others can read is a warning with the command that mends it", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/my identity`;
  await Deno.writeTextFile(path, SEED);
  await Deno.chmod(path, 0o644);
  {
    await using relay = await startRelay({ args: ["-i", path] });
    const command = / WARN .*To mend it: (chmod 600 '.*?')/.exec(relay.stdout.text)?.[1];
    assert.ok(command, relay.stdout.text);
    const { success } = await new Deno.Command("sh", { args: ["-c", command] }).output();
    assert.ok(success);
    await relay.stop();
  }
  await using relay = await startRelay({ args: ["-i", path] });
  assert.doesNotMatch(relay.stdout.text, /chmod/);
});

Deno.test("a file that holds no identity refuses the start and stays as it is, byte for byte", async () => {
  await using folder = await scratch();
  const path = `${folder.path}/identity`;
  const contents: Record<string, Uint8Array> = {
    empty: new Uint8Array(),
    short: new TextEncoder().encode(SEED.slice(1)),
    long: new TextEncoder().encode(`${SEED}00`),
    "not hexadecimal": new TextEncoder().encode(`${SEED.slice(1)}g`),
    binary: Uint8Array.from({ length: 256 }, (_, i) => i),
    huge: new Uint8Array(100_000).fill(0x61),
  };
  for (const [name, content] of Object.entries(contents)) {
    await Deno.writeFile(path, content, { mode: 0o600 });
    const result = await runRelay({ args: ["--listen", "127.0.0.1:0", "-i", path] });
    refused(result, path, /left as it is/);
    assert.deepEqual(await Deno.readFile(path), content, name);
  }
});

Deno.test("an identity that is a directory, a pipe or below a file refuses the start", async () => {
  await using folder = await scratch();
  const { path } = folder;
  await Deno.mkdir(`${path}/directory`);
  await Deno.writeTextFile(`${path}/file`, "");
  await new Deno.Command("mkfifo", { args: [`${path}/pipe`] }).output();
  await Deno.symlink(`${path}/nowhere`, `${path}/link`);
  for (const name of ["directory", "file/identity", "pipe", "link"]) {
    const args = ["--listen", "127.0.0.1:0", "-i", `${path}/${name}`];
    refused(await runRelay({ args }), `${path}/${name}`);
  }
});

Deno.test("a relay that its own configuration names as another one does not start, nor is that reloaded", async () => {
  await using relay = await startRelay({ config: "" });
  const config = `relay_name = "A"\n[[trusted]]\nfingerprint = "${relay.tlsFingerprint}"\n`;
  const from = relay.stdout.text.length;
  await relay.reload(config);
  assert.match(
    relay.stdout.text.slice(from),
    /relay\.toml:3: trusted\[0\]\.fingerprint is that of this relay itself: remove the entry/,
  );
  assert.match(relay.stdout.text.slice(from), /not reloaded, the old one stays in force/);
  const { home } = relay;
  await using kept = await scratch();
  await Deno.copyFile(`${home}/.wzp/relay-identity`, `${kept.path}/identity`);
  await relay.stop();
  const args = ["-i", `${kept.path}/identity`, "--listen", "127.0.0.1:0"];
  refused(
    await runRelay({ config, args }),
    "relay.toml:3: trusted[0].fingerprint is that of this relay itself: remove the entry",
  );
});
