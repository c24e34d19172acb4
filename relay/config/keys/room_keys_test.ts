import assert from "node:assert/strict";
import { blockHolds } from "../address_block.ts";
import { loadConfig } from "../load.ts";

function load(toml: string) {
  return loadConfig({
    args: ["-c", "r.toml"],
    env: { HOME: "/home/me" },
    readFile: () => Promise.resolve({ bytes: new TextEncoder().encode(toml) }),
  });
}

Deno.test("rooms with rules, and who is denied, are read from the file", async () => {
  const loaded = await load(`
deny_fingerprints = ["518EB93562FA9E34E59C28B67FC2D384"]
deny_addresses = ["192.0.2.0/24", "2001:db8::1"]

[[rooms]]
name = "Board"
allow = ["518eb93562fa9e34e59c28b67fc2d384"]

[[rooms]]
name = "stage"
max_participants = 3
`);
  assert.ok("config" in loaded, JSON.stringify(loaded));
  const { rooms, deny_fingerprints, deny_addresses } = loaded.config;
  const fingerprint = "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384";
  assert.deepEqual(rooms, [
    { name: "board", allow: [fingerprint], max_participants: null },
    { name: "stage", allow: null, max_participants: 3 },
  ]);
  assert.deepEqual(deny_fingerprints, [fingerprint]);
  assert.ok(blockHolds(deny_addresses[0]!, "192.0.2.9"));
});

Deno.test("what is wrong in a list is told with its place", async () => {
  const failed = await load('deny_addresses = ["10.0.0.0/99"]\n[[rooms]]\nallow = []\n');
  assert.ok("errors" in failed);
  assert.deepEqual(failed.errors.map((error) => error.slice(0, 33)), [
    "r.toml:1: deny_addresses[0] must ",
    "r.toml:2: rooms[0].name is missin",
  ]);
});
