/** The configuration as the executable takes it, and its sentences about what it does not take. */
import assert from "node:assert/strict";
import { runRelay, startRelay } from "../harness/relay_process.ts";
import { scratch, tree } from "./disk.ts";

const SENTENCES = /^(?:wzp-relay: [^\n]+\n)+$/;

/** Runs with a file of this text; it must not start. */
async function refuse(config: string, ...words: (string | RegExp)[]): Promise<void> {
  const { code, stdout, stderr } = await runRelay({ config, args: ["--listen", "127.0.0.1:0"] });
  assert.equal(code, 78, `${config}\n${stderr}`);
  assert.equal(stdout, "");
  assert.match(stderr, SENTENCES);
  assert.match(stderr, /\/relay\.toml/);
  for (const word of words) {
    assert.match(stderr, typeof word === "string" ? new RegExp(RegExp.escape(word)) : word);
  }
}

async function refuseFlags(args: string[], ...words: RegExp[]): Promise<void> {
  const { code, stdout, stderr } = await runRelay({ args });
  assert.equal(code, 64, `${args.join(" ")}\n${stderr}`);
  assert.equal(stdout, "");
  assert.match(stderr, SENTENCES);
  for (const word of words) assert.match(stderr, word);
}

/** Effective values and their sources, by key. */
async function effective(options: Parameters<typeof runRelay>[0]) {
  const { code, stdout, stderr } = await runRelay({
    ...options,
    args: ["--print-config", ...options.args ?? []],
  });
  assert.equal(code, 0, stderr);
  const lines = stdout.matchAll(/^([a-z_]+) = (.*?) # (.*)$/gm);
  const found: Record<string, readonly [value: string, source: string]> = {};
  for (const [, key = "", value = "", source = ""] of lines) found[key] = [value, source];
  return found;
}

Deno.test("an unknown key is named with its file, its line and the nearest known key", async () => {
  await refuse(
    "# first\n\nlog_levle = 'info'\n",
    "relay.toml:3: ",
    "log_levle",
    /nearest .*log_level\b/,
  );
});

Deno.test("a wrong type, a wrong word and a number out of range are named with file and line", async () => {
  await refuse("\nlog_level = 5\n", "relay.toml:2: log_level must be", /not 5$/m);
  await refuse("log_format = 'xml'\n", "relay.toml:1: log_format must be", "pretty, logfmt, json");
  await refuse("drain_timeout = -1\n", "relay.toml:1: drain_timeout must be", "from 0 to 86400");
  await refuse("max_handshakes = 1.5\n", "relay.toml:1: max_handshakes must be a whole number");
  await refuse("listen_addr = 'here'\n", "relay.toml:1: listen_addr must be");
});

Deno.test("all mistakes are told at once, one sentence each", async () => {
  await refuse("a = 1\nlog_level = 5\nb = 2\n", ":1: ", ":2: ", ":3: ");
});

Deno.test("text that is no TOML, or no text, is named with file and line", async () => {
  await refuse("log_level = 'info'\n\nlisten_addr = \n", "relay.toml:3");
  await refuse("[peers\n", "relay.toml:1");
  await using home = await scratch();
  await Deno.writeFile(`${home.path}/relay.toml`, Uint8Array.of(0x61, 0x0a, 0xff, 0xfe));
  const { code, stderr } = await runRelay({ args: ["-c", `${home.path}/relay.toml`] });
  assert.equal(code, 78);
  assert.match(stderr, /^wzp-relay: \S+relay\.toml:2: [^\n]*UTF-8[^\n]*\n$/);
});

Deno.test("keys of what this version does not have are refused", async () => {
  await refuse("ws_port = 8080\n", "relay.toml:1: ws_port is not part of this version");
  await refuse("\nstatic_dir = '/x'\n", "relay.toml:2: static_dir is not part of this version");
});

Deno.test("keys of the original that have no effect warn once each, and the relay runs", async () => {
  const keys = ["trunking_enabled", "remote_relay", "jitter_target_depth", "jitter_max_depth"];
  const config = "trunking_enabled = true\nremote_relay = '192.0.2.1:4433'\n" +
    "jitter_target_depth = 50\njitter_max_depth = 250\n";
  await using relay = await startRelay({ config });
  for (const [index, key] of keys.entries()) {
    const line = new RegExp(` WARN .*relay\\.toml:${index + 1}: ${key} has no effect`, "g");
    assert.equal(relay.stdout.text.match(line)?.length, 1, key);
  }
  assert.deepEqual(await relay.stop(), { code: 0, signal: null });
});

Deno.test("flags of what this version does not have are refused, with and without their value", async () => {
  for (
    const value of [["--remote", "192.0.2.1:4433"], ["--ws-port", "8080"], ["--static-dir", "/x"]]
  ) {
    const words = new RegExp(`wzp-relay: ${value[0]} is not part of this version`);
    await refuseFlags(value, words);
    await refuseFlags([value.join("=")], words);
  }
  await refuseFlags(["--trunking"], /--trunking is not part of this version/);
});

Deno.test("wrong flags are usage errors that help along", async () => {
  await refuseFlags(["--lisen", "x"], /--lisen.*nearest .*--listen/);
  await refuseFlags(["--listen"], /--listen needs a value/);
  await refuseFlags(["--listen", "nonsense"], /--listen must be .*"nonsense"/);
  await refuseFlags(["--listen=:1", "--listen=:2"], /--listen is given twice/);
  await refuseFlags(["relay"], /unexpected argument "relay"/);
  await refuseFlags(["--log-level", "loud", "--nope"], /--log-level/, /--nope/);
  await refuseFlags(["\x1b[31m"], /"\\u001b\[31m"/);
});

Deno.test("flags win over the environment, that over the file, and the file over defaults", async () => {
  const config = "log_level = 'error'\nlog_format = 'json'\ndrain_timeout = 5\n";
  const env = { WZP_LOG_LEVEL: "warn", WZP_LOG_FORMAT: "logfmt" };
  const all = await effective({ config, env, args: ["--log-level", "debug"] });
  assert.deepEqual(all["log_level"], ['"debug"', "--log-level"]);
  assert.deepEqual(all["log_format"], ['"logfmt"', "WZP_LOG_FORMAT"]);
  assert.equal(all["drain_timeout"]?.[0], "5");
  assert.match(all["drain_timeout"]![1]!, /relay\.toml:3$/);
  assert.deepEqual(all["listen_addr"], ['":4433"', "default"]);
});

Deno.test("the short forms and :PORT mean the same as the long ones", async () => {
  const long = await effective({ args: ["--identity", "/x/id", "--listen", ":5000"] });
  const short = await effective({ args: ["-i/x/id", "--listen=:5000"] });
  assert.deepEqual(short["identity_file"], long["identity_file"]);
  assert.deepEqual(long["state_dir"]?.[0], '"/x/id.d"');
  assert.equal(short["listen_addr"]?.[0], '":5000"');
});

Deno.test("what --print-config prints is a configuration that says the same", async () => {
  await using home = await scratch();
  const args = ["--listen", "[::1]:5000", "--log-level", "info,accept=debug"];
  const { stdout } = await runRelay({ home: home.path, args: ["--print-config", ...args] });
  const printed = await effective({ home: home.path, config: stdout });
  const direct = await effective({ home: home.path, args });
  const values = (all: typeof printed) => Object.values(all).map(([value]) => value);
  assert.deepEqual(values(printed), values(direct));
});

Deno.test("variables are checked like everything else, and unknown ones are mentioned", async () => {
  const wrong = await runRelay({ args: ["--check-config"], env: { WZP_DRAIN_TIMEOUT: "soon" } });
  assert.equal(wrong.code, 78);
  assert.match(wrong.stderr, /^wzp-relay: WZP_DRAIN_TIMEOUT must be [^\n]*\n$/);
  const gone = await runRelay({ args: ["--check-config"], env: { WZP_WS_PORT: "8080" } });
  assert.equal(gone.code, 78);
  const unknown = await runRelay({ args: ["--check-config"], env: { WZP_LOGLEVEL: "info" } });
  assert.equal(unknown.code, 0);
  assert.match(unknown.stderr, /warning: unknown variable WZP_LOGLEVEL.*WZP_LOG_LEVEL/);
});

Deno.test("--check-config and --print-config write nothing to disk, whatever they find", async () => {
  await using home = await scratch();
  await Deno.writeTextFile(`${home.path}/good.toml`, "log_file = 'relay.log'\n");
  await Deno.writeTextFile(`${home.path}/bad.toml`, "nope = 1\n");
  const before = await tree(home.path);
  for (const action of ["--check-config", "--print-config"]) {
    for (
      const [file, code] of [["good.toml", 0], ["bad.toml", 78], ["missing.toml", 78]] as const
    ) {
      const args = [action, "-c", `${home.path}/${file}`, "-i", `${home.path}/x/identity`];
      const result = await runRelay({ home: home.path, args });
      assert.equal(result.code, code, `${action} ${file}: ${result.stderr}`);
      if (code !== 0) assert.match(result.stderr, SENTENCES);
    }
    assert.equal((await runRelay({ home: home.path, args: [action] })).code, 0);
  }
  assert.deepEqual(await tree(home.path), before);
});

Deno.test("no mistake in configuration leaves anything on disk", async () => {
  await using home = await scratch();
  await Deno.writeTextFile(`${home.path}/bad.toml`, "nope = 1\n");
  const before = await tree(home.path);
  await runRelay({ home: home.path, args: ["-c", `${home.path}/bad.toml`] });
  await runRelay({ home: home.path, args: ["--nope"] });
  await runRelay({ home: home.path, args: ["--help"] });
  assert.deepEqual(await tree(home.path), before);
});

Deno.test("--help names every flag and exits 0", async () => {
  const { code, stdout, stderr } = await runRelay({ args: ["-h"] });
  assert.equal(code, 0);
  assert.equal(stderr, "");
  for (const flag of ["--config", "--identity", "--listen", "--log-level", "--version"]) {
    assert.ok(stdout.includes(flag), flag);
  }
});
