import assert from "node:assert/strict";
import { StartError } from "./start_error.ts";
import { openStateDir } from "./state_dir.ts";

async function inTempDir(run: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = Deno.makeTempDirSync();
  try {
    await run(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

function refusal(path: string): StartError {
  try {
    openStateDir(path);
  } catch (error) {
    assert(error instanceof StartError, String(error));
    assert.equal(error.exitCode, 78);
    return error;
  }
  assert.fail("nothing was refused");
}

Deno.test("a state directory is created for its owner only and can be opened again once closed", () =>
  inTempDir((dir) => {
    const path = `${dir}/a/state`;
    const state = openStateDir(path);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o700);
    assert.equal(Deno.statSync(`${path}/lock`).mode! & 0o777, 0o600);
    assert.equal(Deno.readTextFileSync(`${path}/lock`), `${Deno.pid}\n`);
    assert.deepEqual(state.warnings, []);
    state.close();
    openStateDir(path).close();
  }));

Deno.test("a second relay is told which process holds the directory and what to do", () =>
  inTempDir((dir) => {
    const state = openStateDir(dir);
    const error = refusal(dir);
    assert.equal(error.code, "state_dir_locked");
    assert(
      error.message.includes(`another relay (process ${Deno.pid}). Stop that one`),
      error.message,
    );
    assert.equal(Deno.readTextFileSync(`${dir}/lock`), `${Deno.pid}\n`);
    state.close();
  }));

Deno.test("the lock dies with its process, however that ends", () =>
  inTempDir(async (dir) => {
    const module = new URL("./state_dir.ts", import.meta.url).href;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        "--no-check",
        `import { openStateDir } from "${module}"; openStateDir(Deno.args[0]);
         console.log("locked"); await Deno.stdin.read(new Uint8Array(1));`,
        dir,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const output = child.stdout.getReader();
    assert.equal(new TextDecoder().decode((await output.read()).value), "locked\n");
    assert(refusal(dir).message.includes(`(process ${child.pid})`));
    child.kill("SIGKILL");
    await child.status;
    await output.cancel();
    await child.stdin.abort().catch(() => {});
    openStateDir(dir).close();
  }));

Deno.test("a directory open to others is used with a warning that holds the command to mend it", () =>
  inTempDir((dir) => {
    Deno.chmodSync(dir, 0o755);
    const state = openStateDir(dir);
    assert.equal(state.warnings.length, 1);
    assert(state.warnings[0]!.endsWith(`chmod 700 ${dir}`), state.warnings[0]);
    state.close();
  }));

Deno.test("a path that cannot be a directory is refused with the reason", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/file`, "kept");
    assert(refusal(`${dir}/file`).message.includes("it is not a directory"));
    assert(refusal(`${dir}/file/state`).message.includes("not a directory"));
    assert.equal(Deno.readTextFileSync(`${dir}/file`), "kept");
    Deno.mkdirSync(`${dir}/state/lock`, { recursive: true, mode: 0o700 });
    assert(refusal(`${dir}/state`).message.includes("it is a directory"));
  }));

Deno.test("a lock that is a link is refused, and what it leads to stays as it is", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/precious`, "kept");
    Deno.symlinkSync(`${dir}/precious`, `${dir}/lock`);
    assert(refusal(dir).message.includes(`${dir}/lock is not a regular file`));
    assert.equal(Deno.readTextFileSync(`${dir}/precious`), "kept");
  }));
