/** compile.sh as a newcomer calls it. */
import assert from "node:assert/strict";
import { root } from "../../tools/house/root.ts";

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function compile(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Result> {
  const { code, stdout, stderr } = await new Deno.Command(`${root}/compile.sh`, {
    args: [...args],
    cwd: options.cwd ?? root,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function inTempDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "wzp compile test " });
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function names(dir: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();
}

/** The ordinary deno, which `deno compile` takes for the runtime without complaint. */
const FALSE_RUNTIME = { DENORT_BIN: Deno.execPath() };

Deno.test("--help explains the options", async () => {
  const { code, stdout } = await compile(["--help"]);
  assert.equal(code, 0);
  for (const option of ["--with=", "--out="]) assert.ok(stdout.includes(option), stdout);
});

Deno.test("an option it does not know is refused before anything is done", async () => {
  for (const option of ["--with=magic", "--with", "--out=", "file", "-x"]) {
    const { code, stderr } = await compile([option]);
    assert.equal(code, 64, option);
    assert.match(stderr, /Usage:/, option);
  }
});

Deno.test("a place that cannot be written to is refused before anything is done", async () => {
  await inTempDir(async (dir) => {
    for (const out of [dir, `${dir}/missing/wzp-relay`]) {
      const { code, stderr } = await compile([`--out=${out}`]);
      assert.equal(code, 73, out);
      assert.ok(stderr.includes(`cannot write ${out}`), stderr);
    }
  });
});

Deno.test("from any directory it builds one executable that passes its smoke test", async () => {
  await inTempDir(async (dir) => {
    const { code, stderr } = await compile(["--with=pack", "--out=my relay"], { cwd: dir });
    assert.equal(code, 0, stderr);
    assert.deepEqual(await names(dir), ["my relay"]);
    const { stdout } = await new Deno.Command(`${dir}/my relay`, {
      args: ["--version"],
      env: { XDG_CACHE_HOME: `${dir}/cache` },
    }).output();
    assert.match(new TextDecoder().decode(stdout), /^wzp-relay [0-9a-f]{7}$|^wzp-relay unknown$/m);
  });
});

Deno.test("a deno that passes for the runtime is found out, and what was there before stays", async () => {
  await inTempDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/relay`, "the one that works");
    const { code, stderr } = await compile(["--with=compile", "--out=relay"], {
      cwd: dir,
      env: FALSE_RUNTIME,
    });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /cannot compile: the result is the Deno command line, not the relay: DENORT_BIN/,
    );
    assert.deepEqual(await names(dir), ["relay"]);
    assert.equal(await Deno.readTextFile(`${dir}/relay`), "the one that works");
  });
});

Deno.test("when it cannot compile it packs and says so calmly, unless told to compile", async () => {
  await inTempDir(async (dir) => {
    // A cache of its own, and a proxy that is not there: nothing can be downloaded.
    const env = { DENORT_BIN: "", DENO_DIR: `${dir}/cache`, HTTPS_PROXY: "http://127.0.0.1:9" };
    const told = await compile(["--with=compile", "--out=relay"], { cwd: dir, env });
    assert.equal(told.code, 1);
    assert.match(told.stderr, /cannot compile: ./);
    assert.ok(!(await names(dir)).includes("relay"));
    const free = await compile(["--out=relay"], { cwd: dir, env });
    assert.equal(free.code, 0, free.stderr);
    assert.match(
      free.stderr,
      /^The compile runtime cannot be downloaded here; packing instead\.\n\S.*\/relay: packed, \d+ MB\n$/,
    );
  });
});

Deno.test("a runtime that was named and does not work is a reason to pack, too", async () => {
  await inTempDir(async (dir) => {
    const env = { DENORT_BIN: `${dir}/missing` };
    const told = await compile(["--with=compile", "--out=relay"], { cwd: dir, env });
    assert.equal(told.code, 1);
    assert.match(told.stderr, /cannot compile: .*denort/);
    const free = await compile(["--out=relay"], { cwd: dir, env });
    assert.equal(free.code, 0, free.stderr);
    assert.match(
      free.stderr,
      /^Compiling failed \(--with=compile tells why\); packing instead\.\n/,
    );
  });
});
