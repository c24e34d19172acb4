/** SIGHUP: what changes at once, what waits for a restart, and what is refused. */
import assert from "node:assert/strict";
import { RelayProcess, startRelay } from "../harness/relay_process.ts";
import { answerTo, call, HalfOpen, LIMIT_MS } from "./callers.ts";
import { fileShows, scratch } from "./disk.ts";

async function reloads(relay: RelayProcess): Promise<unknown> {
  return (await relay.counters())["wzp_relay_config_reloads_total"];
}

Deno.test("level and format of the log change at once, and the change is told", async () => {
  await using relay = await startRelay({ config: "log_level = 'info'\n" });
  await answerTo(relay, "ping");
  assert.doesNotMatch(relay.stdout.text, /connection closed/);
  await relay.reload("log_level = 'debug'\nlog_format = 'logfmt'\n");
  assert.match(relay.stdout.text, /msg="configuration reloaded" applied="log_level log_format"/);
  const from = relay.stdout.text.length;
  await answerTo(relay, "ping");
  await relay.stdout.match(/level=debug area=accept msg="connection closed"/, LIMIT_MS, from);
  assert.deepEqual(await reloads(relay), { ok: 1, fail: 0 });
});

Deno.test("limits change for the next client", async () => {
  await using relay = await startRelay({ config: "handshake_timeout = 300\n" });
  using _held = await HalfOpen.begin(relay);
  await answerTo(relay, "ping");
  await relay.reload("handshake_timeout = 300\nmax_handshakes_per_source = 1\n");
  await assert.rejects(call(relay, "ping"), { name: "QuicError" });
  await relay.reload("handshake_timeout = 300\n");
  await answerTo(relay, "ping");
});

Deno.test("an invalid file changes nothing, and what is wrong with it is told", async () => {
  await using relay = await startRelay({ config: "log_level = 'debug'\n" });
  const files: [string, RegExp][] = [
    ["log_level = 'error'\nlog_levle = 'x'\n", /relay\.toml:2: unknown key log_levle.*log_level/],
    ["log_level = \n", /relay\.toml:1/],
    ["log_level = 'loud'\n", /relay\.toml:1: log_level must be/],
  ];
  for (const [config, sentence] of files) {
    const from = relay.stdout.text.length;
    await relay.reload(config);
    assert.match(relay.stdout.text.slice(from), sentence);
    assert.match(relay.stdout.text.slice(from), /not reloaded, the old one stays in force/);
  }
  await Deno.remove(`${relay.home}/relay.toml`);
  const from = relay.stdout.text.length;
  relay.signal("SIGHUP");
  await relay.stdout.match(/relay\.toml does not exist/, LIMIT_MS, from);
  await answerTo(relay, "ping");
  await relay.stdout.match(/connection closed/, LIMIT_MS, from);
  assert.deepEqual(await reloads(relay), { ok: 0, fail: 4 });
});

Deno.test("keys that need a restart are named and stay as they were", async () => {
  await using relay = await startRelay({ config: "" });
  const { port } = relay.address;
  await relay.reload("identity_file = '/nowhere/id'\nadvertised_addr = '203.0.113.5:1'\n");
  const line = /configuration reloaded need_restart="(.*)"/.exec(relay.stdout.text)?.[1];
  assert.deepEqual(line?.split(" "), ["identity_file", "state_dir", "advertised_addr"]);
  assert.equal(relay.address.port, port);
  await answerTo(relay, "ping");
});

Deno.test("flags go on winning over the file", async () => {
  await using relay = await startRelay({ config: "", args: ["--log-level", "info"] });
  await relay.reload("log_level = 'error'\ndrain_timeout = 1\n");
  assert.match(relay.stdout.text, /configuration reloaded applied="drain_timeout"/);
});

Deno.test("a log file that was renamed is opened anew, and no line is lost between the two", async () => {
  await using home = await scratch();
  const path = `${home.path}/relay.log`;
  await using relay = await RelayProcess.spawn({
    home: home.path,
    args: ["--listen", "127.0.0.1:0", "--log-level", "debug", "--log-file", path],
  });
  const before = await fileShows(path, /Listening for connections/);
  assert.equal((await Deno.stat(path)).mode! & 0o037, 0);
  const callee = {
    address: { ip: "127.0.0.1", port: Number(/ addr=127\.0\.0\.1:(\d+)/.exec(before)![1]) },
    tlsFingerprint: /tls_fingerprint=(\S+)/.exec(before)![1]!,
  };
  await answerTo(callee, "ping");
  await fileShows(path, /connection closed/);
  await Deno.rename(path, `${path}.1`);
  await answerTo(callee, "ping");
  await fileShows(`${path}.1`, /(?:[^]*connection closed){2}/);
  relay.signal("SIGHUP");
  await fileShows(path, /configuration reloaded/);
  await answerTo(callee, "ping");
  await fileShows(path, /connection closed/);
  assert.deepEqual(await relay.stop(), { code: 0, signal: null });
  const [old, now] = await Promise.all([`${path}.1`, path].map((name) => Deno.readTextFile(name)));
  const count = (text: string) => text.match(/connection closed/g)?.length;
  assert.deepEqual([count(old!), count(now!)], [2, 1]);
  assert.match(now!, /stopped\n$/);
  // Standard output has the counters and nothing else.
  assert.deepEqual(Object.keys(JSON.parse(relay.stdout.text)).length > 0, true);
});

Deno.test("a new log file that cannot be opened refuses the whole reload", async () => {
  await using relay = await startRelay({ config: "log_level = 'info'\n" });
  const from = relay.stdout.text.length;
  await relay.reload("log_level = 'error'\nlog_file = '/dev/null/x.log'\n");
  const told = relay.stdout.text.slice(from);
  assert.match(told, /Cannot open the log file \/dev\/null\/x\.log/);
  assert.match(told, /not reloaded, the old one stays in force/);
  await answerTo(relay, "ping");
  await relay.stdout.match(/handshake complete/, LIMIT_MS, from);
  assert.deepEqual(await reloads(relay), { ok: 0, fail: 1 });
});

Deno.test("the log moves from standard output to a file and back", async () => {
  await using relay = await startRelay({ config: "" });
  const path = `${relay.home}/relay.log`;
  await Deno.writeTextFile(`${relay.home}/relay.toml`, `log_file = '${path}'\n`);
  relay.signal("SIGHUP");
  await fileShows(path, /configuration reloaded applied="log_file"/);
  await answerTo(relay, "ping");
  await fileShows(path, /sni="ping"/);
  assert.doesNotMatch(relay.stdout.text, /sni="ping"/);
  await relay.reload("");
  assert.match(relay.stdout.text, /configuration reloaded/);
});
