import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import { defaultMapPath, loadMemory, saveMemory } from "./relay_map_file.ts";
import { MAX_ENTRIES, RelayMap } from "./relay_map.ts";

const clock = new ManualClock();

async function withDir(run: (dir: string, path: string) => void | Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "wzp-map-" });
  try {
    await run(dir, `${dir}/deep/relays.json`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function aMap(): RelayMap {
  const map = new RelayMap(clock);
  map.upsert("a", "10.0.0.1:1", "eu");
  map.upsert("b", "10.0.0.2:1", null);
  map.updateRtt("10.0.0.2:1", 7);
  return map;
}

const files = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => name);

Deno.test("what is saved is loaded again, and only its owner can read it", () =>
  withDir((dir, path) => {
    const registries = new Map<string, unknown>([["http://r", { fetched_at: 1, relays: [] }]]);
    assert.equal(saveMemory(path, aMap(), registries), null);
    const loaded = loadMemory(path, clock);
    assert.deepEqual(loaded.map.toJSON(), aMap().toJSON());
    assert.deepEqual(loaded.registries, registries);
    assert.deepEqual([loaded.problem, loaded.writable], [null, true]);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
    assert.deepEqual(files(`${dir}/deep`), ["relays.json"], "no draft is left");
  }));

Deno.test("a first run begins with nothing and has no problem", () =>
  withDir((_, path) => {
    const { map, registries, problem, writable } = loadMemory(path, clock);
    assert.deepEqual([map.entries.length, registries.size, problem, writable], [0, 0, null, true]);
  }));

Deno.test("a damaged or foreign file is set aside with its content, whatever is in it", () =>
  withDir((dir) => {
    const path = `${dir}/relays.json`;
    const foreign = ["", "{", "[]", "null", '"x"', '{"version":2,"relays":[],"registries":{}}'];
    foreign.push('{"version":1,"relays":{},"registries":{}}', '{"version":1,"relays":[]}');
    const texts = fc.oneof(fc.constantFrom(...foreign), fc.string(), fc.json());
    fc.assert(fc.property(texts, (text) => {
      for (const name of files(dir)) Deno.removeSync(`${dir}/${name}`);
      Deno.writeTextFileSync(path, text);
      const { map, problem, writable } = loadMemory(path, clock);
      assert.equal(map.entries.length, 0);
      assert.match(problem!, /relays\.json is no map of relays; it was moved to /);
      assert.equal(writable, true);
      const [aside] = files(dir);
      assert.equal(Deno.readTextFileSync(`${dir}/${aside}`), text.toWellFormed());
    }));
  }));

Deno.test("entries that are no relays are left out, and the rest is used", () =>
  withDir((dir) => {
    const path = `${dir}/relays.json`;
    const relays = [...aMap().toJSON(), { name: "x" }];
    Deno.writeTextFileSync(path, JSON.stringify({ version: 1, relays, registries: {} }));
    const { map, problem } = loadMemory(path, clock);
    assert.equal(map.entries.length, 2);
    assert.match(problem!, /had 1 entries that are no relays\.$/);
  }));

Deno.test("a full map leaves room for what the next run finds, and few registries are remembered", () =>
  withDir((_, path) => {
    const map = new RelayMap(clock);
    for (let i = 0; i < MAX_ENTRIES; i++) map.upsert("r", `10.0.${i >> 8}.${i & 255}:1`, null);
    saveMemory(path, map, new Map(Array.from({ length: 20 }, (_, i) => [`u${i}`, i])));
    const loaded = loadMemory(path, clock);
    assert.equal(loaded.map.entries.length, MAX_ENTRIES / 2);
    assert.deepEqual(
      [...loaded.registries.keys()],
      [12, 13, 14, 15, 16, 17, 18, 19].map((i) => `u${i}`),
    );
  }));

Deno.test("what cannot be read or written is a sentence and no failure", () =>
  withDir((dir) => {
    const { problem, writable } = loadMemory(dir, clock);
    assert.match(problem!, /^Cannot read .*: .*\.$/);
    assert.equal(writable, false);
    assert.match(saveMemory(`${dir}/a\0b/x`, aMap(), new Map())!, /^Cannot write .*\.$/);
    Deno.writeTextFileSync(`${dir}/file`, "");
    assert.match(saveMemory(`${dir}/file/relays.json`, aMap(), new Map())!, /^Cannot write /);
  }));

Deno.test("a pipe or a device is neither waited for nor renamed", () =>
  withDir(async (dir) => {
    const pipe = `${dir}/pipe`;
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    for (const path of [pipe, "/dev/zero"]) {
      const { problem, writable } = loadMemory(path, clock);
      assert.deepEqual([problem, writable], [`Cannot read ${path}: It is no regular file.`, false]);
    }
    assert.deepEqual(files(dir), ["pipe"]);
  }));

Deno.test("the file lies in the directory of the relay, where there is a home", () => {
  assert.equal(defaultMapPath("/home/me"), "/home/me/.wzp/relays.json");
  assert.equal(defaultMapPath(""), null);
  assert.equal(defaultMapPath(undefined), null);
});
