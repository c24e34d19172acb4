import assert from "node:assert/strict";
import { parseCommandLine } from "./command_line.ts";
import { NOT_HERE } from "./not_here.ts";
import { sampleSchema } from "./sample_schema.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf } from "./schema.ts";

const relay = (...args: string[]) => parseCommandLine(args, entriesOf(relaySchema));
const sample = (...args: string[]) => parseCommandLine(args, entriesOf(sampleSchema));
const values = ({ given }: ReturnType<typeof relay>) =>
  given.map(({ entry, raw }) => [entry.name, raw]);

Deno.test("no argument means run", () => {
  assert.deepEqual(relay(), { action: "run", configPath: null, given: [], errors: [] });
});

Deno.test("a value follows its flag after a space or an equals sign", () => {
  for (const args of [["--listen", ":1"], ["--listen=:1"]]) {
    const line = relay(...args);
    assert.deepEqual(values(line), [["listen_addr", ":1"]]);
    assert.equal(line.given[0]?.source, "--listen");
    assert.deepEqual(line.errors, []);
  }
  assert.deepEqual(values(relay("--identity=a=b")), [["identity_file", "a=b"]]);
});

Deno.test("short flags take their value apart, attached, or after an equals sign", () => {
  for (const args of [["-c", "x.toml"], ["-c=x.toml"], ["-cx.toml"], ["--config", "x.toml"]]) {
    assert.equal(relay(...args).configPath, "x.toml", args.join(" "));
  }
  assert.deepEqual(values(relay("-i", "key")), [["identity_file", "key"]]);
  assert.deepEqual(values(sample("-r7")), [["limits.rooms", 7]]);
});

Deno.test("every flag of the schema gives its key", () => {
  for (const entry of entriesOf(relaySchema)) {
    if (entry.key.flag) assert.equal(relay(entry.key.flag, "5").given[0]?.entry.name, entry.name);
  }
});

Deno.test("each action has its flag", () => {
  const actions = {
    "--help": "help",
    "-h": "help",
    "--version": "version",
    "-V": "version",
    "--check-config": "check",
    "--print-config": "print",
    "--self-test": "self-test",
  };
  for (const [flag, action] of Object.entries(actions)) {
    assert.deepEqual(relay(flag), { action, configPath: null, given: [], errors: [] });
  }
});

Deno.test("help wins over version, and both over other actions", () => {
  assert.equal(relay("--version", "--help").action, "help");
  assert.equal(relay("--check-config", "-V").action, "version");
});

Deno.test("two other actions at once are an error", () => {
  const text = "--check-config and --print-config cannot be used together";
  assert.deepEqual(relay("--check-config", "--print-config").errors, [text]);
});

Deno.test("an unknown flag is an error that names the nearest known flag", () => {
  assert.deepEqual(relay("--lisen", ":1").errors, [
    "unknown flag --lisen; the nearest known flag is --listen",
  ]);
  assert.deepEqual(relay("--id=x").errors, [
    "unknown flag --id; the nearest known flag is --identity",
  ]);
  assert.deepEqual(relay("-listen", ":1").errors, [
    "unknown flag -listen; the nearest known flag is --listen",
  ]);
  assert.deepEqual(relay("-config", "x").errors, [
    "unknown flag -config; the nearest known flag is --config",
  ]);
  assert.deepEqual(relay("--bogus").errors, ["unknown flag --bogus; see --help"]);
  assert.equal(relay("-x").errors.length, 1);
  assert.equal(relay("--=x").errors.length, 1);
});

Deno.test("a flag or argument of any length is repeated in part only", () => {
  const long = "x".repeat(5000);
  assert.deepEqual(relay(`--${long}`, long).errors.map((text) => text.length < 200), [true]);
  assert.deepEqual(relay("--", long).errors.map((text) => text.length < 200), [true]);
});

Deno.test("a flag given twice is an error, under its long name or its short one", () => {
  assert.deepEqual(relay("--listen", ":1", "--listen=:1").errors, ["--listen is given twice"]);
  assert.deepEqual(relay("-i", "a", "--identity", "b").errors, ["--identity is given twice"]);
  assert.deepEqual(relay("--self-test", "--self-test").errors, ["--self-test is given twice"]);
});

Deno.test("the flag of a list may be repeated", () => {
  const line = sample("--probe", ":1", "--probe=:2");
  assert.deepEqual(line.errors, []);
  assert.deepEqual(values(line), [["probes", ":1"], ["probes", ":2"]]);
});

Deno.test("a missing or empty value is an error", () => {
  for (const args of [["--listen"], ["--listen="], ["--listen", ""], ["--listen", "--"]]) {
    assert.deepEqual(relay(...args).errors, ["--listen needs a value"], args.join(" "));
  }
  const line = relay("--config", "--check-config");
  assert.deepEqual(line.errors, ["--config needs a value"]);
  assert.equal(line.action, "check");
  assert.deepEqual(relay("-c").errors, ["--config needs a value"]);
});

Deno.test("a negative number and a lone dash are values, not flags", () => {
  assert.deepEqual(values(relay("--drain-timeout", "-5")), [["drain_timeout", -5]]);
  assert.deepEqual(values(relay("--log-file", "-")), [["log_file", "-"]]);
});

Deno.test("a value that begins with a dash can be attached", () => {
  assert.equal(relay("--config=-x").configPath, "-x");
});

Deno.test("switches and actions take no value", () => {
  assert.deepEqual(values(sample("--verbose")), [["verbose", true]]);
  assert.match(sample("--verbose", "x").errors[0]!, /^unexpected argument "x"/);
  assert.deepEqual(sample("--verbose=true").errors, ["--verbose takes no value"]);
  assert.deepEqual(relay("--check-config=yes").errors, ["--check-config takes no value"]);
});

Deno.test("arguments that belong to no flag are errors, and nothing is a flag after --", () => {
  assert.match(relay("0.0.0.0:4433").errors[0]!, /^unexpected argument "0\.0\.0\.0:4433"/);
  assert.match(relay("").errors[0]!, /^unexpected argument ""/);
  assert.deepEqual(relay("--").errors, []);
  const line = relay("--listen", ":1", "--", "--help");
  assert.equal(line.action, "run");
  assert.match(line.errors[0]!, /^unexpected argument "--help"/);
});

Deno.test("every mistake is reported", () => {
  assert.equal(relay("--lisen", ":1", "x", "--config", "--listen=").errors.length, 4);
});

Deno.test("flags this version does not have are refused with the reason, with and without their value", () => {
  for (const { flag, takesValue, text } of NOT_HERE) {
    if (!flag) continue;
    const forms = takesValue ? [[flag, "1"], [`${flag}=1`]] : [[flag]];
    for (const args of forms) {
      const { errors } = relay(...args);
      assert.equal(errors.length, 1, args.join(" "));
      assert.ok(errors[0]!.startsWith(flag) && errors[0]!.endsWith(text), errors[0]);
    }
  }
  assert.equal(relay("--trunking", "x").errors.length, 2);
  const refused = [
    "--remote",
    "--trunking",
    "--ws-port",
    "--static-dir",
  ];
  for (const flag of refused) assert.equal(relay(flag).errors.length, 1, flag);
});

Deno.test("control characters in arguments do not reach the terminal", () => {
  for (const args of [["\x1b[2J"], ["--\x1b[2J"], ["--", "\u202e"]]) {
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(relay(...args).errors.join(), /[\x1b\u202e]/);
  }
});
