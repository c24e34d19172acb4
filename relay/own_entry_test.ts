import assert from "node:assert/strict";
import { loadConfig } from "./config/mod.ts";
import { files } from "./config/sample_schema.ts";
import { ownEntries } from "./own_entry.ts";

const OWN = "aa".repeat(32);
const OTHER = "bb".repeat(32);

async function found(file: string, env: Record<string, string> = {}): Promise<string[]> {
  const readFile = files({ "r.toml": file });
  const loaded = await loadConfig({
    args: ["-c", "r.toml"],
    env: { HOME: "/h", ...env },
    readFile,
  });
  assert("config" in loaded, JSON.stringify(loaded));
  return await ownEntries(loaded, { readFile }, OWN);
}

Deno.test("an entry for this relay itself is named with its line", async () => {
  const file = [
    "[[peers]]",
    'url = "b.example:1"',
    `fingerprint = "${OTHER}"`,
    "[[trusted]]",
    'label = "me"',
    `fingerprint = ["${"cc".repeat(32)}", "${OWN.toUpperCase()}"]`,
  ].join("\n");
  assert.deepEqual(await found(file), [
    "r.toml:6: trusted[0].fingerprint is that of this relay itself: remove the entry",
  ]);
});

Deno.test("where a variable has the entry it is named instead", async () => {
  const env = { WZP_PEERS: JSON.stringify([{ url: "b:1", fingerprint: OWN }]) };
  assert.deepEqual(await found("", env), [
    "WZP_PEERS[0].fingerprint is that of this relay itself: remove the entry",
  ]);
});

Deno.test("other relays are nothing to speak of", async () => {
  assert.deepEqual(await found(`[[trusted]]\nfingerprint = "${OTHER}"`), []);
});
