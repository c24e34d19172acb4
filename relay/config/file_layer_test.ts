import assert from "node:assert/strict";
import { load } from "./load.ts";
import { relaySchema } from "./relay_schema.ts";
import { files, sampleSchema } from "./sample_schema.ts";
import type { Schema } from "./schema.ts";

/** The sentences about this file. */
async function errors(file: string, schema: Schema = sampleSchema): Promise<readonly string[]> {
  const readFile = files({ "r.toml": file });
  const outcome = await load(schema, {
    args: ["-c", "r.toml"],
    env: { HOME: "/home/me" },
    readFile,
  });
  assert.ok("errors" in outcome, JSON.stringify(outcome));
  return outcome.errors;
}

Deno.test("a key of the top level that ended up in a table is said to belong above it", async () => {
  const advice = (name: string) => `${name} is a key of its own: move it above the first [section]`;
  assert.deepEqual(await errors('[udp_relay]\nlisten = ":1"\nregion = "eu"\n', relaySchema), [
    `r.toml:3: unknown key udp_relay.region; ${advice("region")}`,
  ]);
  const entry = '[[friends]]\nurl = "u"\nverbose = true\nlimits = 1\n';
  assert.deepEqual(await errors(entry), [
    `r.toml:3: friends[0].verbose is not known here; ${advice("verbose")}`,
    "r.toml:4: friends[0].limits is not known here; the known names are url, label",
  ]);
  const inherited = await errors("[udp_relay]\ntoString = 1\nudp_relay = 1\n", relaySchema);
  assert.equal(inherited.length, 2);
  assert.doesNotMatch(inherited.join(), /of its own/);
});

Deno.test("a key that is near to none is told with those there are, where they are few", async () => {
  assert.deepEqual(await errors("[limits]\nfoo = 1"), [
    "r.toml:2: unknown key limits.foo; the known keys are limits.rooms, limits.path",
  ]);
  assert.deepEqual(await errors("[[friends]]\nurl = 'u'\nfoo = 1"), [
    "r.toml:3: friends[0].foo is not known here; the known names are url, label",
  ]);
  assert.deepEqual(await errors("foo = 1", relaySchema), [
    "r.toml:1: unknown key foo; wzp-relay --print-config lists them all",
  ]);
});

Deno.test("the parser knows the keys, so that it can show text with its quotes", async () => {
  assert.match(
    (await errors("log_level = info", relaySchema))[0]!,
    /^r\.toml:1:16: .*; text needs quotes: log_level = "info"$/,
  );
});
