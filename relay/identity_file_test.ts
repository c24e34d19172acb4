import assert from "node:assert/strict";
import { loadOrCreateIdentity, lockIdentity } from "./identity_file.ts";
import { StartError } from "./start_error.ts";

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1);
const HEX = SEED.toHex();

const newSeed = () => SEED;
const noSeed = (): Uint8Array => {
  throw new Error("a new seed was asked for");
};

async function inTempDir(run: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = Deno.makeTempDirSync();
  try {
    await run(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

function refusal(run: () => unknown): StartError {
  try {
    run();
  } catch (error) {
    assert(error instanceof StartError, String(error));
    assert.equal(error.exitCode, 78);
    return error;
  }
  assert.fail("nothing was refused");
}

Deno.test("a missing identity is created for its owner only and found again", () =>
  inTempDir((dir) => {
    const path = `${dir}/new/deeper/relay-identity`;
    const made = loadOrCreateIdentity(path, newSeed);
    assert.deepEqual(made, { seed: SEED, created: true, warnings: [] });
    assert.equal(Deno.readTextFileSync(path), HEX);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    assert.equal(Deno.statSync(`${dir}/new`).mode! & 0o777, 0o700);
    assert.equal(Deno.statSync(`${dir}/new/deeper`).mode! & 0o777, 0o700);
    assert.deepEqual([...Deno.readDirSync(`${dir}/new/deeper`)].map(({ name }) => name), [
      "relay-identity",
    ]);
    assert.deepEqual(loadOrCreateIdentity(path, noSeed), { ...made, created: false });
  }));

Deno.test("upper case and white space around the seed are accepted", () =>
  inTempDir((dir) => {
    const path = `${dir}/id`;
    Deno.writeTextFileSync(path, `\n  ${HEX.toUpperCase()} \r\n`, { mode: 0o600 });
    assert.deepEqual(loadOrCreateIdentity(path, noSeed).seed, SEED);
  }));

Deno.test("an identity that others can read is used with a warning that holds the command to mend it", () =>
  inTempDir((dir) => {
    const path = `${dir}/it's mine`;
    Deno.writeTextFileSync(path, HEX);
    for (const mode of [0o644, 0o640, 0o602]) {
      Deno.chmodSync(path, mode);
      const { warnings } = loadOrCreateIdentity(path, noSeed);
      assert.equal(warnings.length, 1);
      assert(warnings[0]!.endsWith(`chmod 600 '${dir}/it'\\''s mine'`), warnings[0]);
    }
    Deno.chmodSync(path, 0o600);
    assert.deepEqual(loadOrCreateIdentity(path, noSeed).warnings, []);
  }));

Deno.test("a file that holds no identity is refused and left as it is, byte for byte", () =>
  inTempDir((dir) => {
    const path = `${dir}/id`;
    const cases: [content: Uint8Array, reason: string][] = [
      [new Uint8Array(0), "it is empty"],
      [text(" \n"), "it is empty"],
      [text(HEX.slice(1)), "it has 63 characters, not 64"],
      [text(HEX + "0"), "it has 65 characters, not 64"],
      [text("g" + HEX.slice(1)), "character 1 is not a hex digit"],
      [text(HEX.slice(0, 30) + " \n" + HEX.slice(32)), "character 31 is not a hex digit"],
      [SEED, "it has"],
      [new Uint8Array(64).fill(0xff), "character 1 is not a hex digit"],
      [new Uint8Array(5000).fill(0x61), "it is 5000 bytes long"],
    ];
    for (const [content, reason] of cases) {
      Deno.writeFileSync(path, content, { mode: 0o600 });
      const before = Deno.statSync(path);
      const error = refusal(() => loadOrCreateIdentity(path, noSeed));
      assert.equal(error.code, "identity_corrupt");
      assert(error.message.includes(`does not hold an identity: ${reason}`), error.message);
      assert(!error.message.includes(HEX.slice(2, 20)), "the message quotes the secret");
      assert.deepEqual(Deno.readFileSync(path), content);
      assert.deepEqual(Deno.statSync(path).mtime, before.mtime);
      assert.equal([...Deno.readDirSync(dir)].length, 1);
    }
  }));

Deno.test("what is not a file is refused without waiting for it", () =>
  inTempDir((dir) => {
    const error = refusal(() => loadOrCreateIdentity(dir, noSeed));
    assert.equal(error.code, "identity_unreadable");
    assert(error.message.includes("it is a directory"), error.message);

    const pipe = `${dir}/pipe`;
    assert(new Deno.Command("mkfifo", { args: [pipe] }).outputSync().success);
    const refused = refusal(() => loadOrCreateIdentity(pipe, noSeed));
    assert(refused.message.includes("it is not a regular file"), refused.message);

    Deno.symlinkSync(`${dir}/loop`, `${dir}/loop`);
    assert.equal(
      refusal(() => loadOrCreateIdentity(`${dir}/loop`, noSeed)).code,
      "identity_unreadable",
    );
  }));

Deno.test("an identity that cannot be created is refused with the reason", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/file`, "");
    const below = refusal(() => loadOrCreateIdentity(`${dir}/file/id`, newSeed));
    assert(below.message.includes("part of the path is not a directory"), below.message);

    Deno.symlinkSync(`${dir}/nowhere`, `${dir}/id`);
    const dangling = refusal(() => loadOrCreateIdentity(`${dir}/id`, newSeed));
    assert(dangling.message.includes("symbolic link that leads nowhere"), dangling.message);
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), ["file", "id"]);
  }));

Deno.test("of two relays that create one identity at the same time, one wins and both use it", () =>
  inTempDir((dir) => {
    const path = `${dir}/id`;
    const winner = new Uint8Array(32).fill(9);
    const loaded = loadOrCreateIdentity(path, () => {
      assert(loadOrCreateIdentity(path, () => winner).created);
      return SEED;
    });
    assert.deepEqual(loaded, { seed: winner, created: false, warnings: [] });
    assert.equal([...Deno.readDirSync(dir)].length, 1);
  }));

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

Deno.test("an identity that another relay runs under is refused by name and free again afterwards", () =>
  inTempDir((dir) => {
    const path = `${dir}/identity`;
    loadOrCreateIdentity(path, newSeed);
    const unlock = lockIdentity(path);
    const { code, message } = refusal(() => lockIdentity(path));
    assert.equal(code, "identity_locked");
    assert(message.includes(path) && message.includes("--identity"));
    unlock();
    lockIdentity(path)();
  }));
