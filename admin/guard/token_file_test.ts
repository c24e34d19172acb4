import assert from "node:assert/strict";
import type { AdminSettings } from "../../relay/ports/admin.ts";
import { StartError } from "../../relay/ports/start_error.ts";
import { TestingRelay } from "../testing_host.ts";
import { openTokenFile } from "./token_file.ts";

const TOKEN = "0123456789abcdef".repeat(4);

function inFolder(run: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync({ prefix: "wzp-admin-" });
  try {
    run(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function open(settings: Partial<AdminSettings>) {
  const relay = new TestingRelay();
  relay.settings = { ...relay.settings, ...settings };
  return openTokenFile(relay.host());
}

function refused(settings: Partial<AdminSettings>, reason: RegExp): void {
  assert.throws(() => open(settings), (error) => {
    assert(error instanceof StartError);
    assert.equal(error.exitCode, 78);
    assert.match(error.message, reason);
    assert(!error.message.includes(TOKEN));
    return true;
  });
}

Deno.test("the first start makes a token of 32 random bytes that only its owner can read", () => {
  inFolder((stateDir) => {
    const first = open({ stateDir });
    assert.deepEqual([first.created, first.path], [true, `${stateDir}/admin-token`]);
    const text = Deno.readTextFileSync(first.path);
    assert.match(text, /^[0-9a-f]{64}\n$/);
    assert.equal(first.tokens.scopeOf(text.trim()), "operate");
    assert.equal(Deno.statSync(first.path).mode! & 0o777, 0o600);
    const second = open({ stateDir });
    assert.equal(second.created, false);
    assert.equal(second.tokens.scopeOf(text.trim()), "operate");
    assert.equal(Deno.readTextFileSync(first.path), text);
    assert.deepEqual([...Deno.readDirSync(stateDir)].map(({ name }) => name), ["admin-token"]);
  });
});

Deno.test("a configured file is read and never made", () => {
  inFolder((folder) => {
    const tokenFile = `${folder}/token`;
    refused({ tokenFile }, /does not exist.*umask 077/);
    Deno.writeTextFileSync(tokenFile, TOKEN, { mode: 0o600 });
    const { created, tokens } = open({ tokenFile, stateDir: folder });
    assert.equal(created, false);
    assert.equal(tokens.scopeOf(TOKEN), "operate");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["token"]);
  });
});

Deno.test("a file that others can read is refused with the command that mends it", () => {
  inFolder((folder) => {
    for (
      const [place, settings] of [
        [`${folder}/token`, { tokenFile: `${folder}/token` }],
        [`${folder}/admin-token`, { stateDir: folder }],
      ] as const
    ) {
      Deno.writeTextFileSync(place, TOKEN);
      for (const mode of [0o640, 0o604, 0o620]) {
        Deno.chmodSync(place, mode);
        refused(settings, /other users.*chmod 600 \//);
      }
      Deno.chmodSync(place, 0o400);
      assert.equal(open(settings).tokens.scopeOf(TOKEN), "operate");
    }
  });
});

Deno.test("what holds no token is refused and left as it is", () => {
  inFolder((folder) => {
    const tokenFile = `${folder}/token`;
    for (const text of ["", "secret\n", "x".repeat(20_000)]) {
      Deno.writeTextFileSync(tokenFile, text, { mode: 0o600 });
      refused({ tokenFile }, /Cannot use the admin token file/);
      assert.equal(Deno.readTextFileSync(tokenFile), text);
    }
    refused({ tokenFile: folder }, /not a regular file/);
    refused({ stateDir: `${tokenFile}/no` }, /Cannot use the admin token file/);
    Deno.symlinkSync(`${folder}/nowhere`, `${folder}/admin-token`);
    refused({ stateDir: folder }, /link that leads nowhere/);
  });
});
