/** However a packed executable is called, the program inside sees what it would see without the packing. */
import assert from "node:assert/strict";
import { OutputLog } from "../harness/output_log.ts";
import { pack } from "../../tools/build/pack.ts";
import { FLAGS, PackedRelay } from "./packed.ts";

Deno.test("arguments arrive unchanged", async () => {
  await using relay = await PackedRelay.make();
  const args = [
    "a b",
    "",
    "two\nlines",
    "*",
    "$HOME",
    "`id`",
    "'",
    '"',
    "--help",
    "--",
    "\\n",
    "-x=1",
  ];
  const started = await relay.start(args);
  assert.equal(started.args, args.map((arg) => `<${arg}>`).join(""));
  assert.equal(started.flags, ` run ${FLAGS.join(" ")}`);
  assert.match(started.source, /^program of /);
});

Deno.test("input, exit code, file mode mask and environment are the program's own", async () => {
  await using relay = await PackedRelay.make();
  assert.equal((await relay.run(["--cat"], { stdin: "some input\n" })).stdout, "some input\n");
  assert.equal((await relay.run(["--exit", "64"])).code, 64);
  const mask = await relay.run(["--umask"], {
    words: ["/bin/sh", "-c", 'umask 027; exec "$0" "$@"', relay.executable],
  });
  assert.equal(mask.stdout.trim(), "0027");
  const { stdout: kept } = await relay.run(["--env"], {
    env: {
      HOME: relay.home,
      DENO_PERMISSION_BROKER_PATH: "/x",
      NODE_CHANNEL_FD: "5",
      SSLKEYLOGFILE: "/tmp/keys",
      B: "1",
    },
  });
  assert.match(kept, /^B=1$/m);
  assert.doesNotMatch(
    kept,
    /BROKER|CHANNEL|KEYLOG/,
    "neither its permissions, its start nor its secrets hang on these",
  );
  const { stdout } = await relay.run(["--env"], {
    env: { HOME: relay.home, PATH: "/bin", A: "1 2" },
  });
  const names = stdout.trim().split("\n").filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))
    .sort();
  assert.deepEqual(names, [
    "A=1 2",
    `DENO_DIR=${relay.cache}/deno`,
    "DENO_NO_UPDATE_CHECK=1",
    `HOME=${relay.home}`,
    "PATH=/bin",
  ]);
});

Deno.test("signals reach the program, whose process is the one that was started", async () => {
  await using relay = await PackedRelay.make();
  const child = new Deno.Command(relay.executable, {
    args: ["--wait"],
    env: { HOME: relay.home },
    stdout: "piped",
  }).spawn();
  const output = new OutputLog(child.stdout);
  await output.match(/waiting/, 30_000);
  child.kill("SIGTERM");
  // A shell left in between would keep the output open.
  await output.finished;
  assert.equal((await child.status).signal, "SIGTERM");
});

Deno.test("it starts by relative path, through links, from PATH and as an argument of sh", async () => {
  await using relay = await PackedRelay.make();
  const { dir, home } = relay;
  const spaced = `${dir}/a b`;
  await Deno.mkdir(spaced);
  await Deno.copyFile(relay.executable, `${spaced}/wzp relay`);
  await Deno.symlink(`${spaced}/wzp relay`, `${dir}/link`);
  await Deno.symlink("link", `${dir}/link to link`);
  await Deno.remove(relay.executable);
  const ways: { words: string[]; cwd?: string; env?: Record<string, string> }[] = [
    { words: [`${spaced}/wzp relay`], cwd: "/" },
    { words: ["/bin/sh", "-c", '"./a b/wzp relay" "$1"', "sh"] },
    { words: ["/bin/sh", "-c", '"../wzp relay" "$1"', "sh"], cwd: await made(`${spaced}/below`) },
    { words: [`${dir}/link to link`], cwd: "/" },
    {
      words: ["/bin/sh", "-c", '"wzp relay" "$1"', "sh"],
      env: { HOME: home, PATH: `/nowhere:${spaced}` },
    },
    {
      words: ["/bin/sh", "-c", '"wzp relay" "$1"', "sh"],
      cwd: spaced,
      env: { HOME: home, PATH: ":/bin" },
    },
    { words: ["/bin/sh", `${spaced}/wzp relay`] },
    { words: ["/bin/sh", "wzp relay"], cwd: spaced },
  ];
  for (const way of ways) {
    // A first start each time: that is when the file must find itself.
    await Deno.remove(`${home}/.cache`, { recursive: true }).catch(() => {});
    assert.equal((await relay.start(["x y"], way)).args, "<x y>", JSON.stringify(way));
  }
});

Deno.test("a working directory that was deleted is a sentence and exit code 78", async () => {
  await using relay = await PackedRelay.make();
  const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
  for (const shell of [[], ["/bin/sh"], ["bash"]]) {
    const words = ["/bin/sh", "-c", script, "sh", ...shell, relay.executable];
    const env = { HOME: relay.home, PATH: "/usr/bin:/bin" };
    const { code, stdout, stderr } = await relay.run([], { words, env });
    assert.equal(code, 78, `${shell} ${stderr}`);
    assert.equal(stdout, "");
    // Shells may complain too, before they read the first line of it.
    assert.match(stderr, /^wzp-relay: the working directory [^\n]*\n$/m);
  }
});

Deno.test("an empty environment and a directory that cannot be written to are enough", async () => {
  await using relay = await PackedRelay.make();
  const readOnly = await made(`${relay.dir}/read only`);
  await Deno.chmod(readOnly, 0o555);
  const { args, runtime, program } = await relay.start(["x"], { env: {}, cwd: readOnly });
  assert.equal(args, "<x>");
  for (const path of [runtime, program]) assert.ok(path.startsWith("/var/tmp/wzp-relay-"), path);
});

Deno.test("a flag that the shell would split or expand is refused at packing", async () => {
  const empty = new Uint8Array();
  for (const flag of ["--a b", "--a=$x", "--a=*", "--a;b", ""]) {
    await assert.rejects(
      pack({ runtime: empty, program: empty, flags: [flag], platform: "tests" }),
      RangeError,
    );
  }
});

async function made(path: string): Promise<string> {
  await Deno.mkdir(path);
  return path;
}
