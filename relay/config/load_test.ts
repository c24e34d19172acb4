import assert from "node:assert/strict";
import { load, loadConfig } from "./load.ts";
import { NOT_HERE } from "./not_here.ts";
import { printConfig } from "./print.ts";
import { files, sampleSchema } from "./sample_schema.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf, isDerived, valueAt } from "./schema.ts";

type Texts = Parameters<typeof files>[0];
interface Given {
  args?: string[];
  env?: Record<string, string>;
  file?: string;
  texts?: Texts;
}

function input({ args = [], env = {}, file, texts = {} }: Given) {
  const named = file === undefined ? [] : ["-c", "r.toml"];
  const contents = file === undefined ? texts : { ...texts, "r.toml": file };
  return {
    args: [...named, ...args],
    env: { HOME: "/home/me", ...env },
    readFile: files(contents),
  };
}

async function loaded(given: Given) {
  const outcome = await loadConfig(input(given));
  assert.ok("config" in outcome, JSON.stringify(outcome));
  return outcome;
}

async function sampled(given: Given) {
  const outcome = await load(sampleSchema, input(given));
  assert.ok("config" in outcome, JSON.stringify(outcome));
  return outcome;
}

async function errors(given: Given, exitCode = 78, schema = false) {
  const outcome = schema ? await load(sampleSchema, input(given)) : await loadConfig(input(given));
  assert.ok("errors" in outcome, JSON.stringify(outcome));
  assert.equal(outcome.exitCode, exitCode);
  return outcome.errors;
}

Deno.test("without anything every key has its default", async () => {
  const { config, configPath, configMissing, sources, warnings, action } = await loaded({});
  assert.deepEqual(Object.keys(config).sort(), Object.keys(relaySchema).sort());
  for (const { name, path, key } of entriesOf(relaySchema)) {
    const { type, default: standard } = key;
    const expected = isDerived(standard)
      ? standard.from((other) => valueAt(config, other.split(".")))
      : standard;
    const value = type.raw(valueAt(config, path) as never);
    const there = typeof expected === "string" ? expected.replace(/^~/, "/home/me") : expected;
    assert.deepEqual(value, there, name);
  }
  assert.deepEqual([configPath, configMissing, warnings, action], [null, false, [], "run"]);
  assert.deepEqual(new Set(Object.values(sources)), new Set(["default"]));
});

Deno.test("flags win over the environment, that over the file, that over the default", async () => {
  const layers = {
    args: ["--log-level", "error"],
    env: { WZP_LOG_LEVEL: "warn", WZP_LOG_FORMAT: "json" },
    file: 'log_level = "debug"\nlog_format = "logfmt"\ndrain_timeout = 5\n',
  };
  const { config, sources } = await loaded(layers);
  assert.equal(config.log_level, "error");
  assert.equal(config.log_format, "json");
  assert.equal(config.drain_timeout, 5);
  assert.equal(config.handshake_timeout, 15);
  assert.equal(sources.log_level, "--log-level");
  assert.equal(sources.log_format, "WZP_LOG_FORMAT");
  assert.equal(sources.drain_timeout, "r.toml");
  assert.equal(sources.handshake_timeout, "default");
});

Deno.test("the state directory stands beside the identity unless it is given", async () => {
  assert.equal((await loaded({ args: ["-i", "/x/key"] })).config.state_dir, "/x/key.d");
  assert.equal(
    (await loaded({ args: ["-i", "/x/key", "--state-dir=/s/"] })).config.state_dir,
    "/s",
  );
});

Deno.test("~ needs HOME only where it is the value in force", async () => {
  const env = { HOME: "" };
  assert.deepEqual(await errors({ env }), [
    'identity_file: "~" in "~/.wzp/relay-identity" stands for the home directory, and HOME is not set; ' +
    "give a whole path with --identity",
  ]);
  assert.equal((await loaded({ env, args: ["-i", "/x"] })).config.identity_file, "/x");
  assert.equal(
    (await loaded({ env, args: ["-i", "/x"], file: 'identity_file = "~/y"' })).config.identity_file,
    "/x",
  );
  assert.deepEqual(await loadConfig({ ...input({ args: ["--self-test"] }), env: {} }), {
    action: "self-test",
  });
});

Deno.test("help and version need no valid configuration, the self-test only valid flags", async () => {
  for (const [flag, action] of [["-h", "help"], ["--version", "version"]] as const) {
    assert.deepEqual(await loadConfig(input({ args: [flag, "--nonsense"], file: "= broken" })), {
      action,
    });
  }
  assert.deepEqual(await loadConfig(input({ args: ["--self-test"], file: "= broken" })), {
    action: "self-test",
  });
  assert.equal((await errors({ args: ["--self-test", "--nonsense"] }, 64)).length, 1);
});

Deno.test("a missing file is the caller's to create, but not when only checking", async () => {
  const { configPath, configMissing, config } = await loaded({ args: ["-c", "new.toml"] });
  assert.deepEqual([configPath, configMissing, config.drain_timeout], ["new.toml", true, 30]);
  assert.deepEqual(await errors({ args: ["-c", "new.toml", "--check-config"] }), [
    "new.toml does not exist; without --check-config an example would be written there",
  ]);
  assert.equal((await loaded({ args: ["-c", "new.toml", "--print-config"] })).configMissing, true);
});

Deno.test("WZP_CONFIG names the file, and -c wins", async () => {
  const texts = { "a.toml": "drain_timeout = 1", "b.toml": "drain_timeout = 2" };
  const env = { WZP_CONFIG: "a.toml" };
  assert.equal((await loaded({ env, texts })).config.drain_timeout, 1);
  assert.equal((await loaded({ env, texts, args: ["-c", "b.toml"] })).config.drain_timeout, 2);
});

Deno.test("the path of the file may begin with ~", async () => {
  const texts = { "/home/me/a.toml": "drain_timeout = 1" };
  const { config, configPath } = await loaded({ args: ["--config=~/a.toml"], texts });
  assert.deepEqual([config.drain_timeout, configPath], [1, "/home/me/a.toml"]);
  assert.deepEqual(await errors({ args: ["-c", "~/a.toml", "-i", "/x"], env: { HOME: "" } }), [
    '"~" in "~/a.toml" stands for the home directory, and HOME is not set',
  ]);
});

Deno.test("a file that cannot be used is one clear sentence", async () => {
  for (const problem of ["is a directory, not a file", "is larger than 1024 KiB"]) {
    assert.deepEqual(await errors({ args: ["-c", "d"], texts: { d: { problem } } }), [
      `d ${problem}`,
    ]);
  }
  assert.deepEqual(
    await errors({ args: ["-c", "d"], texts: { d: { bytes: Uint8Array.of(10, 255) } } }),
    [
      "d:2: this is not UTF-8 text",
    ],
  );
});

Deno.test("a syntax error names file, line and column", async () => {
  assert.deepEqual(await errors({ file: "drain_timeout = 1\nlog_level = " }), [
    "r.toml:2:13: this is not TOML: invalid value",
  ]);
});

Deno.test("an unknown key names its line and the nearest known key", async () => {
  assert.deepEqual(await errors({ file: '\nlisten_adr = ":1"' }), [
    "r.toml:2: unknown key listen_adr; the nearest known key is listen_addr",
  ]);
  assert.deepEqual(await errors({ file: "\n[logging]\nx = 1" }), [
    "r.toml:2: unknown key logging; wzp-relay --print-config lists them all",
  ]);
});

Deno.test("a number of any size is the mistake of its key", async () => {
  assert.deepEqual(
    await errors({ file: "\nmax_handshakes = 99999999999999999999\nlisten_adr = 1" }),
    [
      "r.toml:2: max_handshakes must be a whole number from 1 to 1000000, not 99999999999999999999",
      "r.toml:3: unknown key listen_adr; the nearest known key is listen_addr",
    ],
  );
  assert.deepEqual(await errors({ file: "log_file = [-99999999999999999999]" }), [
    'r.toml:1: log_file must be the path of a file, not ["-99999999999999999999"]',
  ]);
});

Deno.test("what is thousands of characters long is repeated in part only", async () => {
  const long = "\\u0001\u{1f600}".repeat(2000);
  const file = `"${long}" = 1\nlog_format = "${long}"\nlog_level = "${long}=info"\n`;
  const flags = ["--log-level", long, "--log-format", long, `--${long}`];
  const friend = `[[friends]]\nurl = "x"\n"${long}" = 1`;
  const found = [
    ...await errors({ file }),
    ...await errors({ args: flags }, 64),
    ...await errors({ file: friend }, 78, true),
  ];
  assert.equal(found.length, 7);
  for (const text of found) assert.ok(text.length < 300 && text.isWellFormed(), text);
});

Deno.test("names every object inherits are unknown keys", async () => {
  const lines = ["__proto__ = 1", "constructor = 1", "toString = 1", '"" = 1'];
  const found = await errors({ file: lines.join("\n") });
  assert.equal(found.length, lines.length);
  for (const error of found) assert.match(error, /^r\.toml:\d: unknown key /);
});

Deno.test("a wrong type and a value out of range name key, line, what is allowed and what was given", async () => {
  assert.deepEqual(
    await errors({ file: 'drain_timeout = "soon"\n\nmax_handshakes = 0\nlog_format = 5' }),
    [
      'r.toml:1: drain_timeout must be a number from 0 to 86400, not "soon"',
      "r.toml:3: max_handshakes must be a whole number from 1 to 1000000, not 0",
      "r.toml:4: log_format must be one of pretty, logfmt, json, not 5",
    ],
  );
  assert.deepEqual(await errors({ file: "drain_timeout = nan\nhandshake_timeout = 1979-05-27" }), [
    "r.toml:1: drain_timeout must be a number from 0 to 86400, not NaN",
    'r.toml:2: handshake_timeout must be a number from 1 to 300, not "1979-05-27"',
  ]);
});

Deno.test("a wrong flag is a usage error, a wrong variable a configuration error", async () => {
  assert.deepEqual(await errors({ args: ["--drain-timeout", "-5"] }, 64), [
    "--drain-timeout must be a number from 0 to 86400, not -5",
  ]);
  assert.deepEqual(await errors({ env: { WZP_DRAIN_TIMEOUT: "soon" } }), [
    'WZP_DRAIN_TIMEOUT must be a number from 0 to 86400, not "soon"',
  ]);
});

Deno.test("all problems of all layers are reported at once", async () => {
  const found = await errors({
    args: ["--lisen", "x", "--log-format=xml"],
    env: { WZP_LOG_LEVEL: "loud", WZP_METRICS_PORT: "x" },
    file: "log_fil = 1\nws_port = 1\nmax_handshakes = 1.5\n",
  }, 64);
  assert.equal(found.length, 7, found.join("\n"));
});

Deno.test("a value that another layer overrides is checked all the same", async () => {
  assert.equal(
    (await errors({ args: ["--drain-timeout=1"], file: "drain_timeout = -1" })).length,
    1,
  );
});

Deno.test("keys this version does not have are refused with the reason", async () => {
  for (const { key, refused, text } of NOT_HERE) {
    if (!key || !refused) continue;
    const [sentence, ...others] = await errors({ file: `\n${key} = 1` });
    assert.deepEqual(others, []);
    assert.ok(sentence!.startsWith(`r.toml:2: ${key}`) && sentence!.endsWith(text), sentence);
  }
  const names = [
    "ws_port",
    "static_dir",
  ];
  for (const name of names) await errors({ file: `${name} = 1` });
});

Deno.test("keys that never had an effect are accepted with one warning each", async () => {
  const jitter = ["jitter_target_depth", "jitter_max_depth"];
  const names = ["trunking_enabled", "remote_relay", ...jitter];
  const { warnings } = await loaded({ file: names.map((name) => `${name} = 1`).join("\n") });
  assert.equal(warnings.length, names.length);
  for (const [index, name] of names.entries()) {
    assert.ok(
      warnings[index]!.startsWith(`r.toml:${index + 1}: ${name} has no effect: `),
      warnings[index],
    );
  }
});

Deno.test("no key is in the schema and in the list of what is missing", () => {
  const names = new Set(entriesOf(relaySchema).flatMap(({ name, key }) => [name, key.flag ?? ""]));
  for (const { key, flag } of NOT_HERE) {
    assert.ok(!names.has(key ?? flag!) && !names.has(flag ?? key!));
  }
});

Deno.test("an unknown variable is a warning", async () => {
  assert.deepEqual((await loaded({ env: { WZP_LISTEN: ":1" } })).warnings, [
    "unknown variable WZP_LISTEN; the nearest known one is WZP_LISTEN_ADDR",
  ]);
});

Deno.test("control characters from file and environment do not reach the terminal", async () => {
  const found = [
    ...await errors({ file: '"\\u001b[2J" = 1\nlog_level = "\\u001b[2J\\u202e"' }),
    ...await errors({ env: { WZP_LOG_LEVEL: "\x1b[2J" } }),
    ...await errors({ args: ["-c", "\x1b[2J", "--check-config"] }),
  ];
  assert.equal(found.length, 4);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(found.join(), /[\x00-\x1f\u202e]/);
});

Deno.test("long values are cut in sentences", async () => {
  const [sentence] = await errors({ file: `log_level = "${"x".repeat(10_000)}"` });
  assert.ok(sentence!.length < 250);
});

Deno.test("tables become objects, with variables and lines of their own", async () => {
  const { config, sources } = await sampled({
    args: ["-r", "9", "--print-config"],
    env: { WZP_LIMITS__ROOMS: "8" },
    file: '\n[limits]\nrooms = 7\npath = "~/p"\n',
  });
  assert.deepEqual(config.limits, { rooms: 9, path: "/home/me/p" });
  assert.equal(sources["limits.rooms"], "--max-rooms");
  assert.equal(sources["limits.path"], "r.toml:4");
});

Deno.test("mistakes inside tables and lists name their place and line", async () => {
  const file = `limits.rooms = 11
limits.room = 1
probes = [
  ":1",
  "x",
]

[[friends]]
url = "u"

[[friends]]
lable = "x"
`;
  assert.deepEqual(await errors({ file }, 78, true), [
    "r.toml:1: limits.rooms must be a whole number from 1 to 10, not 11",
    "r.toml:2: unknown key limits.room; the nearest known key is limits.rooms",
    'r.toml:5: probes[1] must be "ip:port" such as "0.0.0.0:4433" or "[::1]:4433", or ":port" for every ' +
    'address, not "x"',
    "r.toml:11: friends[1].url is missing",
    "r.toml:12: friends[1].lable is not known here; the nearest known name is label",
  ]);
  assert.deepEqual(await errors({ file: "limits = 5" }, 78, true), [
    "r.toml:1: limits must be a table: [limits]",
  ]);
});

Deno.test("repeated flags add to the list of the file or the variable", async () => {
  const file = 'probes = [":1"]';
  const args = ["--probe", ":2", "--probe=:3"];
  const ports = async (given: Given) =>
    (await sampled(given)).config.probes.map(({ port }) => port);
  assert.deepEqual(await ports({ args }), [2, 3]);
  assert.deepEqual(await ports({ args, file }), [1, 2, 3]);
  assert.deepEqual(await ports({ args, file, env: { WZP_PROBES: '[":9"]' } }), [9, 2, 3]);
  assert.equal((await sampled({ args, file })).sources.probes, "r.toml and --probe");
  assert.match(
    (await errors({ args: ["--probe=x"] }, 64, true))[0]!,
    /^--probe must be .*, not "x"$/,
  );
});

Deno.test("a relay is probed once, in whatever layers and spellings it is named", async () => {
  const file = 'probe_targets = ["[::1]:1", "b.example:2"]';
  const { config } = await loaded({ file, args: ["--probe", "10.0.0.3:3"] });
  assert.deepEqual(config.probe_targets.map(({ port }) => port), [1, 2, 3]);
  assert.deepEqual(await errors({ file: 'probe_targets = [\n"a:1",\n"A.:1"]' }), [
    "r.toml:3: probe_targets[1] is a:1 once more",
  ]);
  assert.deepEqual(await errors({ args: ["--probe=a:1", "--probe", "a:1"] }, 64), [
    "probe_targets[1] is a:1 once more",
  ]);
  assert.deepEqual(await errors({ file, args: ["--probe", "[0:0::1]:1"] }, 64), [
    "probe_targets[2] is [::1]:1 once more",
  ]);
  assert.deepEqual(await errors({ env: { WZP_PROBE_TARGETS: '["a:1", "a:1"]' } }), [
    "WZP_PROBE_TARGETS[1] is a:1 once more",
  ]);
  assert.equal((await errors({ file: "probe_targets = [1]", args: ["--probe=a:1"] })).length, 1);
  assert.equal((await errors({ args: ["--probe=a:1", "--probe=x", "--probe=a:1"] }, 64)).length, 1);
});

Deno.test("a wrong secret is never shown", async () => {
  assert.deepEqual(await errors({ file: "password = 4711" }, 78, true), [
    "r.toml:1: password must be text, not empty",
  ]);
  assert.deepEqual(await errors({ env: { WZP_PIN: "4711x" } }, 78, true), [
    "WZP_PIN must be a number from 1000 to 9999",
  ]);
});

Deno.test("neither a mistake in auth_url nor the printed configuration shows what is in it", async () => {
  const url = (user: string) => `https://${user}auth.example.org/validate?key=hunter2`;
  const [wrong] = await errors({ file: `auth_url = "${url("me:hunter3@")}"` });
  assert.match(wrong!, /auth_url must be an http or https URL without user name/);
  assert.doesNotMatch(wrong!, /hunter/);
  const printed = printConfig(await loaded({ file: `auth_url = "${url("")}"` }));
  assert.match(printed, /^auth_url = "\*{8}" #/m);
  assert.doesNotMatch(printed, /hunter/);
});
