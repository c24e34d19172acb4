/** The cache of a packed executable: used when whole, repaired when not, never shared with strangers. */
import assert from "node:assert/strict";
import { testUnless } from "../harness/skips.ts";
import { PackedRelay } from "./packed.ts";

Deno.test("the first start unpacks into a directory closed to others, later starts leave it alone", async () => {
  await using relay = await PackedRelay.make();
  assert.equal((await relay.start()).cache, relay.cache);
  const { runtime, program } = await relay.unpacked();
  for (const path of [`${relay.home}/.cache`, relay.cache, runtime]) {
    assert.equal(await mode(path), 0o700, path);
  }
  assert.equal(await mode(program), 0o600);
  const before = await Promise.all([Deno.stat(runtime), Deno.stat(program)]);
  await relay.start();
  const after = await Promise.all([Deno.stat(runtime), Deno.stat(program)]);
  assert.deepEqual(after.map(({ ino }) => ino), before.map(({ ino }) => ino));
  const left = (await Array.fromAsync(Deno.readDir(relay.cache))).map(({ name }) =>
    name.split("-")[0]
  );
  assert.deepEqual(left.sort(), ["program", "runtime"]);
});

Deno.test("a damaged cache repairs itself", async () => {
  await using relay = await PackedRelay.make();
  await relay.start();
  const { runtime, program } = await relay.unpacked();
  const folder = runtime.replace(/\/[^/]*$/, "");
  const damages: Record<string, () => Promise<void>> = {
    "runtime cut short": () => Deno.truncate(runtime, 20),
    "runtime empty": () => Deno.truncate(runtime, 0),
    "runtime longer": () => Deno.writeTextFile(runtime, "more", { append: true }),
    "runtime not executable": () => Deno.chmod(runtime, 0o600),
    "runtime gone": () => Deno.remove(runtime),
    "runtime's folder gone": () => Deno.remove(folder, { recursive: true }),
    "program cut short": () => Deno.truncate(program, 3),
    "program gone": () => Deno.remove(program),
    "open to others": () => Deno.chmod(relay.cache, 0o777),
    "everything gone": () => Deno.remove(relay.cache, { recursive: true }),
  };
  for (const [damage, make] of Object.entries(damages)) {
    await make();
    const started = await relay.start(["x"]);
    assert.equal(started.args, "<x>", damage);
    assert.equal(started.source, `program of ${relay.dir}`, damage);
    assert.equal(started.cache, relay.cache, damage);
    assert.equal(await mode(relay.cache), 0o700, damage);
  }
});

Deno.test("what is still good is not unpacked again, what nobody needed for long is removed", async () => {
  await using relay = await PackedRelay.make();
  await relay.start();
  const { runtime, program } = await relay.unpacked();
  const { ino } = await Deno.stat(runtime);
  const days = (count: number) => new Date(Date.now() - count * 24 * 3_600_000);
  for (
    const [name, age] of [["program-old", 91], ["runtime-old", 91], ["program-new", 80]] as const
  ) {
    await Deno.mkdir(`${relay.cache}/${name}`);
    await Deno.utime(`${relay.cache}/${name}`, days(age), days(age));
  }
  await Deno.remove(program);
  await relay.start();
  assert.equal((await Deno.stat(runtime)).ino, ino);
  const names = (await Array.fromAsync(Deno.readDir(relay.cache))).map(({ name }) => name);
  assert.deepEqual(names.filter((name) => /old|new/.test(name)), ["program-new"]);
});

Deno.test("a runtime this machine cannot run is reported as that", async () => {
  await using relay = await PackedRelay.make("#!/nowhere/interpreter\n");
  const { code, stderr } = await relay.run();
  assert.equal(code, 73);
  assert.match(stderr, /this machine is not tests/);
});

Deno.test("many first starts at once all succeed", async () => {
  await using relay = await PackedRelay.make();
  const starts = Array.from({ length: 12 }, (_, index) => relay.start([`${index}`]));
  const args = (await Promise.all(starts)).map((started) => started.args);
  assert.deepEqual(args, starts.map((_, index) => `<${index}>`));
  await relay.unpacked();
});

Deno.test("an unpacking that was killed does no harm, and its leftovers go later", async () => {
  await using relay = await PackedRelay.make();
  // A gzip that writes half and then hangs until the test ends it.
  const tools = `${relay.dir}/tools`;
  await Deno.mkdir(tools);
  const pids = `${relay.dir}/pids`;
  await Deno.writeTextFile(
    `${tools}/gzip`,
    `#!/bin/sh\necho '#!/bin/sh'\necho $$ >'${pids}'\nexec sleep 600\n`,
    { mode: 0o755 },
  );
  const child = new Deno.Command(relay.executable, {
    clearEnv: true,
    env: { HOME: relay.home, PATH: `${tools}:/usr/bin:/bin` },
    stdout: "null",
  }).spawn();
  const watcher = Deno.watchFs(relay.dir);
  while (!await exists(pids) || await Deno.readTextFile(pids) === "") {
    await watcher[Symbol.asyncIterator]().next();
  }
  watcher.close();
  child.kill("SIGKILL");
  await child.status;
  try {
    const leftovers = async () =>
      (await Array.fromAsync(Deno.readDir(relay.cache))).map(({ name }) => name).filter((name) =>
        name.startsWith("new.")
      );
    const [leftover] = await leftovers();
    assert.ok(leftover);

    assert.equal((await relay.start(["x"])).args, "<x>");
    assert.deepEqual(await leftovers(), [leftover], "it might still be at work");

    const { program } = await relay.unpacked();
    const twoHoursAgo = new Date(Date.now() - 2 * 3_600_000);
    await Deno.utime(`${relay.cache}/${leftover}`, twoHoursAgo, twoHoursAgo);
    await Deno.remove(program);
    await relay.start();
    assert.deepEqual(await leftovers(), []);
  } finally {
    Deno.kill(Number(await Deno.readTextFile(pids)), "SIGKILL");
  }
});

Deno.test("caches are tried in order: the service's, the user's, temporary directories", async () => {
  await using relay = await PackedRelay.make();
  const { dir, home } = relay;
  const at = async (env: Record<string, string>) => (await relay.start([], { env })).cache;
  for (const name of ["service", "xdg", "tmp"]) await Deno.mkdir(`${dir}/${name}`);
  const all = { HOME: home, TMPDIR: `${dir}/tmp` };
  const own = `${dir}/tmp/wzp-relay-${Deno.uid()}`;
  assert.equal(await at({ TMPDIR: `${dir}/tmp` }), own);
  await Deno.remove(own, { recursive: true });
  assert.equal(await at({ ...all, HOME: "/proc" }), own);
  await Deno.remove(own, { recursive: true });
  assert.equal(await at({ ...all, HOME: "relative" }), own);
  await Deno.remove(own, { recursive: true });
  assert.equal(await at({ ...all, XDG_CACHE_HOME: `${dir}/new/xdg` }), `${dir}/new/xdg/wzp-relay`);
  assert.equal(await at(all), `${home}/.cache/wzp-relay`);
  assert.equal(
    await at({ ...all, CACHE_DIRECTORY: `${dir}/service` }),
    `${home}/.cache/wzp-relay`,
    "whole before new",
  );
  await Deno.remove(`${home}/.cache`, { recursive: true });
  assert.equal(await at({ ...all, CACHE_DIRECTORY: `${dir}/service` }), `${dir}/service/wzp-relay`);
});

Deno.test("a link in the place of a cache is not followed", async () => {
  await using relay = await PackedRelay.make();
  const { dir, home } = relay;
  await Deno.mkdir(`${dir}/elsewhere`, { mode: 0o700 });
  await Deno.mkdir(`${home}/.cache`);
  await Deno.symlink(`${dir}/elsewhere`, relay.cache);
  await Deno.mkdir(`${dir}/tmp`);
  const { cache } = await relay.start([], { env: { HOME: home, TMPDIR: `${dir}/tmp` } });
  assert.equal(cache, `${dir}/tmp/wzp-relay-${Deno.uid()}`);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${dir}/elsewhere`)), []);
});

testUnless(
  Deno.uid() === 0 ? null : "giving a directory to somebody else needs root",
  "a cache that belongs to somebody else is not used",
  async () => {
    await using relay = await PackedRelay.make();
    await relay.start();
    await Deno.chown(relay.cache, 65534, 65534);
    await Deno.mkdir(`${relay.dir}/tmp`);
    const env = { HOME: relay.home, TMPDIR: `${relay.dir}/tmp` };
    assert.equal(
      (await relay.start([], { env })).cache,
      `${relay.dir}/tmp/wzp-relay-${Deno.uid()}`,
    );
    await Deno.remove(`${relay.dir}/tmp/wzp-relay-${Deno.uid()}`, { recursive: true });
    await Deno.chown(relay.home, 65534, 65534);
    await Deno.remove(`${relay.home}/.cache`, { recursive: true });
    await relay.start([], { env });
    assert.equal(await exists(`${relay.home}/.cache`), false, "another user's home");
  },
);

Deno.test("a file that was damaged says so and leaves nothing behind", async () => {
  await using relay = await PackedRelay.make();
  const bytes = await Deno.readFile(relay.executable);
  const middleOfRuntime = bytes.length - 100;
  bytes[middleOfRuntime]! ^= 1;
  await Deno.writeFile(relay.executable, bytes);
  await Deno.mkdir(`${relay.dir}/tmp`);
  const { code, stdout, stderr } = await relay.run([], { env: { HOME: relay.home } });
  assert.equal(code, 73);
  assert.equal(stdout, "");
  assert.match(stderr, /^wzp-relay: cannot unpack itself/);
  assert.match(stderr, new RegExp(`${relay.cache}: no room, or .* damaged`));
  const left = (await Array.fromAsync(Deno.readDir(relay.cache))).map(({ name }) =>
    name.split("-")[0]
  );
  assert.deepEqual(left, ["program"]);
});

Deno.test("what unpacks well but is not what was packed is refused", async () => {
  await using relay = await PackedRelay.make();
  const bytes = await Deno.readFile(relay.executable);
  const text = new TextDecoder("latin1").decode(bytes);
  const sums = [...text.matchAll(/\b[0-9a-f]{64}\b/g)];
  assert.equal(sums.length, 2);
  for (const { index } of sums) {
    const digit = bytes[index];
    bytes[index] = digit === 0x30 ? 0x31 : 0x30;
    await Deno.writeFile(relay.executable, bytes);
    const { code, stderr } = await relay.run();
    assert.equal(code, 73);
    assert.match(stderr, /wrong checksum/);
    if (digit !== undefined) bytes[index] = digit;
  }
});

/** Runs a script as root of a mount namespace of its own. */
const PRIVATE_MOUNTS = ["unshare", "-rm", "sh", "-c"];
const mountObstacle = await new Deno.Command("unshare", {
  args: ["-rm", "sh", "-c", "mount -t tmpfs none /mnt"],
  stderr: "null",
}).output().then(
  ({ success }) => success ? null : "private mounts are not allowed here",
  () => "the command unshare is missing",
);

testUnless(mountObstacle, "where programs may not run from, no cache is kept", async () => {
  await using relay = await PackedRelay.make();
  await Deno.mkdir(`${relay.dir}/tmp`);
  const words = [
    ...PRIVATE_MOUNTS,
    'mount -t tmpfs -o noexec none "$HOME" && exec "$0" "$@"',
    relay.executable,
  ];
  const env = {
    HOME: relay.home,
    TMPDIR: `${relay.dir}/tmp`,
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  };
  const { cache } = await relay.start([], { env, words });
  assert.equal(cache, `${relay.dir}/tmp/wzp-relay-0`);
});

testUnless(
  mountObstacle,
  "without any place to unpack it names those it tried and what to do",
  async () => {
    await using relay = await PackedRelay.make();
    const script = 'for dir in /var/tmp /tmp /dev/shm "$HOME"; do ' +
      'mount --rbind "$dir" "$dir" && mount -o remount,bind,ro "$dir" || exit; done; exec "$0" "$@"';
    const words = [...PRIVATE_MOUNTS, script, relay.executable];
    const env = { HOME: relay.home, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
    const { code, stderr } = await relay.run([], { env, words });
    assert.equal(code, 73, stderr);
    const places = ["/var/tmp", "/tmp", "/dev/shm"].map((dir) => `${dir}/wzp-relay-0`);
    for (const place of [relay.cache, ...places]) {
      const line = `\n  ${place}: not a directory of our own that can be written to\n`;
      assert.ok(stderr.includes(line), stderr);
    }
    assert.match(stderr, /Set XDG_CACHE_HOME/);
  },
);

async function mode(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
