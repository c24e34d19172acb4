import assert from "node:assert/strict";
import { readEnvironment } from "./environment.ts";
import { files, sampleSchema } from "./sample_schema.ts";
import { entriesOf } from "./schema.ts";

const read = (env: Record<string, string>, texts: Parameters<typeof files>[0] = {}) =>
  readEnvironment(env, entriesOf(sampleSchema), files(texts));

async function values(env: Record<string, string>, texts: Parameters<typeof files>[0] = {}) {
  const { given, errors, warnings } = await read(env, texts);
  assert.deepEqual([errors, warnings], [[], []]);
  return given.map(({ entry, raw, source }) => [entry.name, raw, source]);
}

Deno.test("a variable is WZP_ and the key in capitals", async () => {
  assert.deepEqual(await values({ WZP_ADDRESS: ":2", PATH: "/bin", wzp_verbose: "true" }), [
    ["address", ":2", "WZP_ADDRESS"],
  ]);
});

Deno.test("two underscores stand between a table and its key", async () => {
  assert.deepEqual(await values({ WZP_LIMITS__ROOMS: "3" }), [[
    "limits.rooms",
    3,
    "WZP_LIMITS__ROOMS",
  ]]);
});

Deno.test("booleans and lists are given as text and JSON", async () => {
  const env = { WZP_VERBOSE: "true", WZP_PROBES: '[":1"]', WZP_FRIENDS: '[{"url":"u"}]' };
  assert.deepEqual((await values(env)).map(([, raw]) => raw), [true, [":1"], [{ url: "u" }]]);
});

Deno.test("an empty variable counts as not set", async () => {
  assert.deepEqual(await values({ WZP_ADDRESS: "", WZP_CONFIG: "", WZP_WHATEVER: "" }), []);
});

Deno.test("WZP_CONFIG names the file", async () => {
  assert.equal((await read({ WZP_CONFIG: "/x.toml" })).configPath, "/x.toml");
  assert.equal((await read({})).configPath, null);
});

Deno.test("a secret can be given by the name of a file that holds it", async () => {
  assert.deepEqual(await values({ WZP_PASSWORD: "direct" }), [[
    "password",
    "direct",
    "WZP_PASSWORD",
  ]]);
  const env = { WZP_PASSWORD_FILE: "/run/secret" };
  assert.deepEqual(await values(env, { "/run/secret": "from file\n" }), [
    ["password", "from file", "WZP_PASSWORD_FILE"],
  ]);
});

Deno.test("a secret given twice, or by a file that cannot be read, is an error", async () => {
  const both = await read({ WZP_PASSWORD: "a", WZP_PASSWORD_FILE: "/f" }, { "/f": "b" });
  assert.deepEqual(both.errors, ["WZP_PASSWORD and WZP_PASSWORD_FILE cannot be used together"]);
  assert.deepEqual((await read({ WZP_PASSWORD_FILE: "/f" })).errors, [
    "WZP_PASSWORD_FILE: /f does not exist",
  ]);
});

Deno.test("only secrets have a variable that names a file", async () => {
  assert.equal((await read({ WZP_ADDRESS_FILE: "/f" })).warnings.length, 1);
});

Deno.test("an unknown variable is a warning that names the nearest one", async () => {
  assert.deepEqual((await read({ WZP_ADRESS: ":2" })).warnings, [
    "unknown variable WZP_ADRESS; the nearest known one is WZP_ADDRESS",
  ]);
  assert.deepEqual((await read({ WZP_OTHERTOOL: "1" })).warnings, [
    "unknown variable WZP_OTHERTOOL; see --help",
  ]);
  const [long = ""] = (await read({ [`WZP_${"X".repeat(5000)}`]: "1" })).warnings;
  assert.match(long, /^unknown variable WZP_X{73}\.\.\.; see --help$/);
});

Deno.test("variables of keys this version does not have are refused, or warned of when they never had an effect", async () => {
  const { errors, warnings } = await read({
    WZP_WS_PORT: "8080",
    WZP_JITTER_MAX_DEPTH: "5",
  });
  assert.equal(errors.length, 1);
  assert.match(errors[0]!, /^WZP_WS_PORT is not part of this version/);
  assert.match(warnings.join(), /^WZP_JITTER_MAX_DEPTH has no effect/);
});
