/** What is taken as groups of WireGuard keys, and what is said of the rest. */
import assert from "node:assert/strict";
import { wireguardGroups } from "./wireguard_groups.ts";

const key = (byte: number) => new Uint8Array(32).fill(byte).toBase64();

Deno.test("groups may share keys", () => {
  const groups = [{ name: "a", keys: [key(1), key(2)] }, { name: "b", keys: [key(2), key(3)] }];
  assert.deepEqual(wireguardGroups.read(groups), { value: groups });
  assert.deepEqual(wireguardGroups.raw(groups), groups);
});

Deno.test("what is no key, stands twice or is alone is told with its place", () => {
  const cases: [unknown, (string | number)[], RegExp][] = [
    [[{ name: "a", keys: [key(1), "abc"] }], [0, "keys", 1], /WireGuard public key/],
    [[{ name: "a", keys: [key(1), key(2).slice(0, 40)] }], [0, "keys", 1], /32 bytes/],
    [[{ name: "a", keys: [key(1), `${key(2)}!`] }], [0, "keys", 1], /32 bytes/],
    [[{ name: "a", keys: [key(1), 7] }], [0, "keys", 1], /32 bytes/],
    [[{ name: "a", keys: [key(1), key(2), key(1)] }], [0, "keys", 2], /once more/],
    [[{ name: "a", keys: [key(1)] }], [0, "keys"], /two/],
    [[{ name: "a" }], [0, "keys"], /missing/],
    [[1, 2].map(() => ({ name: "a", keys: [key(1), key(2)] })), [1, "name"], /as that of \[0\]/],
  ];
  for (const [raw, path, text] of cases) {
    const reading = wireguardGroups.read(raw);
    assert.ok("problems" in reading);
    assert.deepEqual(reading.problems[0]!.path, path);
    assert.match(reading.problems[0]!.text, text);
  }
});
