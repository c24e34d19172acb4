import assert from "node:assert/strict";
import { load, type Loaded } from "./load.ts";
import { reload } from "./reload.ts";
import { files, sampleSchema } from "./sample_schema.ts";
import type { ConfigOf } from "./schema.ts";

const input = (file: string | null, ...args: string[]) => ({
  args: ["-c", "r.toml", ...args],
  env: { HOME: "/h" },
  readFile: files(file === null ? {} : { "r.toml": file }),
});

async function start(file: string): Promise<Loaded<ConfigOf<typeof sampleSchema>>> {
  const loaded = await load(sampleSchema, input(file));
  assert.ok("config" in loaded);
  return loaded;
}

async function again(previous: Loaded<ConfigOf<typeof sampleSchema>>, file: string | null) {
  return await reload(sampleSchema, previous, input(file));
}

Deno.test("a file that says the same changes nothing", async () => {
  const previous = await start('probes = [":1"]\n[limits]\nrooms = 2');
  const outcome = await again(previous, '# moved\nlimits.rooms = 2\nprobes = [":1"]');
  assert.ok("loaded" in outcome);
  assert.deepEqual([outcome.applied, outcome.needRestart], [[], []]);
  assert.deepEqual(outcome.loaded.config, previous.config);
});

Deno.test("changes apply where they can, and the rest keeps its old value until a restart", async () => {
  const previous = await start('address = ":1"\n[limits]\nrooms = 2\npath = "/a"');
  const outcome = await again(
    previous,
    'address = ":2"\nverbose = true\n[limits]\nrooms = 3\npath = "/b"',
  );
  assert.ok("loaded" in outcome);
  assert.deepEqual(outcome.applied, ["verbose", "limits.rooms"]);
  assert.deepEqual(outcome.needRestart, ["address", "limits.path"]);
  const { config } = outcome.loaded;
  assert.deepEqual([config.address.port, config.verbose], [1, true]);
  assert.deepEqual(config.limits, { rooms: 3, path: "/a" });
});

Deno.test("a key taken out of the file has its default again", async () => {
  const outcome = await again(await start("limits.rooms = 2"), "");
  assert.ok("loaded" in outcome);
  assert.equal(outcome.loaded.config.limits.rooms, 5);
  assert.equal(outcome.loaded.sources["limits.rooms"], "default");
});

Deno.test("what waits for a restart is told again at the next reload", async () => {
  const first = await again(await start('address = ":1"'), 'address = ":2"');
  assert.ok("loaded" in first);
  const second = await again(first.loaded, 'address = ":2"');
  assert.ok("loaded" in second);
  assert.deepEqual(second.needRestart, ["address"]);
});

Deno.test("a broken or missing file is an error and changes nothing", async () => {
  const previous = await start("limits.rooms = 2");
  assert.deepEqual(await again(previous, "limits.rooms = 99"), {
    errors: ["r.toml:1: limits.rooms must be a whole number from 1 to 10, not 99"],
    exitCode: 78,
  });
  assert.deepEqual(await again(previous, null), {
    errors: ["r.toml does not exist"],
    exitCode: 78,
  });
  assert.equal(previous.config.limits.rooms, 2);
});
