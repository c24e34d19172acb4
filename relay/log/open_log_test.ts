import assert from "node:assert/strict";
import { StartError } from "../start_error.ts";
import { logFileProblem, openLog, wantsColour } from "./open_log.ts";

async function inTempDir(run: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = Deno.makeTempDirSync();
  try {
    await run(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

/** Runs a script that uses the log on its standard output. */
async function runScript(body: string, use: (child: Deno.ChildProcess) => Promise<void>) {
  const module = new URL("./open_log.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", `import { openLog } from "${module}"; ${body}`],
    env: { NO_COLOR: "" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  await use(child);
  await child.stdin.close();
  const { code } = await child.status;
  return { code, errors: await errors };
}

Deno.test("a log file is appended to, is not for everybody, and can be rotated", () =>
  inTempDir(async (dir) => {
    const file = `${dir}/relay.log`;
    Deno.writeTextFileSync(file, "before\n");
    const log = openLog({ file: () => file, format: "logfmt" });
    log.info("one");
    await log.flush();
    Deno.renameSync(file, `${file}.1`);
    log.info("two");
    await log.flush();
    log.reopen();
    log.info("three");
    log.flushSync();
    assert.match(Deno.readTextFileSync(`${file}.1`), /^before\n.*msg="one"\n.*msg="two"\n$/);
    assert.match(Deno.readTextFileSync(file), /^ts=.*msg="three"\n$/);
    assert.equal(Deno.statSync(file).mode! & 0o007, 0);
    await log.flush();
  }));

Deno.test("a log file that cannot be opened stops the start with a sentence", () =>
  inTempDir((dir) => {
    const file = `${dir}/missing/relay.log`;
    assert.throws(() => openLog({ file: () => file }), (error: unknown) => {
      assert(error instanceof StartError);
      assert.equal(error.exitCode, 78);
      assert.equal(error.message, `Cannot open the log file ${file}: its directory does not exist`);
      return true;
    });
  }));

Deno.test("why a log file is refused does not speak of its directory when that is there", () =>
  inTempDir((dir) => {
    assert.equal(logFileProblem(dir), `Cannot open the log file ${dir}: it is a directory`);
    Deno.writeTextFileSync(`${dir}/file`, "");
    assert.match(logFileProblem(`${dir}/file/x`)!, /: part of the path is not a directory$/);
    assert.match(logFileProblem(`${dir}/no/x`)!, /: its directory does not exist$/);
    assert.equal(logFileProblem(`${dir}/new`), null);
  }));

Deno.test("a pipe is refused as a log file instead of waiting for its reader", () =>
  inTempDir((dir) => {
    const file = `${dir}/pipe`;
    new Deno.Command("mkfifo", { args: [file] }).outputSync();
    // Keeps the pipe open, so that a failure does not hang.
    using _reader = Deno.openSync(file, { read: true, write: true });
    assert.throws(() => openLog({ file: () => file }), /it is a pipe, not a file$/);
  }));

Deno.test("colours are only for terminals, and NO_COLOR turns them off", () => {
  assert(wantsColour(true, undefined) && wantsColour(true, ""));
  assert(!wantsColour(true, "1") && !wantsColour(false, undefined));
});

Deno.test("a pipe gets lines without colours, written whole when the process ends", async () => {
  let text = "";
  const body = `const log = openLog();
    for (let i = 0; i < 100; i++) log.info("line " + i, { i });
    await log.flush(); Deno.exit(0);`;
  const { code, errors } = await runScript(body, async (child) => {
    text = await new Response(child.stdout).text();
  });
  assert.deepEqual({ code, errors }, { code: 0, errors: "" });
  const lines = text.trimEnd().split("\n");
  assert.equal(lines.length, 100);
  assert.match(lines[99]!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z {2}INFO relay: line 99 i=99$/);
});

Deno.test("a closed standard output neither ends nor disturbs the process", async () => {
  const body = `const log = openLog();
    for await (const _ of Deno.stdin.readable);
    for (let i = 0; i < 50; i++) { log.info("line " + i); await log.flush(); }
    log.flushSync(); log.reopen(); log.info("again"); await log.flush(); Deno.exit(7);`;
  const { code, errors } = await runScript(body, (child) => child.stdout.cancel());
  assert.deepEqual({ code, errors }, { code: 7, errors: "" });
});

Deno.test("a reader that never reads does not keep the process from ending", async () => {
  const body = `const log = openLog();
    for (let i = 0; i < 5000; i++) log.info("line " + i, { text: "x".repeat(200) });
    await log.flush(100); Deno.exit(7);`;
  let status: Deno.CommandStatus | undefined;
  const { code, errors } = await runScript(body, async (child) => {
    status = await child.status;
    await child.stdout.cancel();
  });
  assert.equal(status?.code, 7);
  assert.deepEqual({ code, errors }, { code: 7, errors: "" });
});
