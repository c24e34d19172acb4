import assert from "node:assert/strict";
import { federationSettings } from "../../federation_settings.ts";
import { loadConfig } from "../load.ts";
import { printConfig } from "../print.ts";
import { files } from "../sample_schema.ts";

/** A fingerprint of one repeated byte, in colon form. */
const fp = (byte: string) => Array(32).fill(byte).join(":");
const hex = (byte: string) => byte.repeat(32);

function load(file: string, args: string[] = [], env: Record<string, string> = {}) {
  return loadConfig({
    args: ["-c", "r.toml", ...args],
    env: { HOME: "/h", ...env },
    readFile: files({ "r.toml": file }),
  });
}

async function settings(file: string, ...rest: [string[]?, Record<string, string>?]) {
  const outcome = await load(file, ...rest);
  assert("config" in outcome, JSON.stringify(outcome));
  return federationSettings(outcome.config);
}

async function errors(file: string, ...rest: [string[]?, Record<string, string>?]) {
  const outcome = await load(file, ...rest);
  assert("errors" in outcome, JSON.stringify(outcome));
  return outcome.errors;
}

const peer = (byte: string, ...lines: string[]) =>
  [`[[peers]]`, `url = "r${byte}.example:4433"`, `fingerprint = "${fp(byte)}"`, ...lines].join(
    "\n",
  );
const trusted = (byte: string, ...lines: string[]) =>
  [`[[trusted]]`, `fingerprint = "${fp(byte)}"`, ...lines].join("\n");
const text = (...blocks: string[]) => blocks.join("\n");

Deno.test("peers, trusted relays and global rooms of a file become settings", async () => {
  const { peers, trusted: accepted, ...rest } = await settings(text(
    'relay_name = "Me"',
    "max_directory_entries = 5",
    'region = "eu"',
    "[[peers]]",
    'url = "[2001:db8::7]:4433"',
    `fingerprint = ["${fp("AA")}", "${hex("bb")}"]`,
    'label = "B"',
    "allow_legacy = true",
    trusted("cc", 'label = "C"'),
    "[[global_rooms]]",
    'name = "General"',
  ));
  assert.deepEqual(peers, [{
    host: "2001:db8::7",
    port: 4433,
    fingerprints: [hex("aa"), hex("bb")],
    label: "B",
    allowLegacy: true,
  }]);
  assert.deepEqual(accepted, [{ fingerprints: [hex("cc")], label: "C", allowLegacy: false }]);
  assert.deepEqual(rest, {
    globalRooms: ["General"],
    name: "Me",
    region: "eu",
    maxDirectoryEntries: 5,
  });
});

Deno.test("global rooms of the command line are added to those of the file", async () => {
  const file = '[[global_rooms]]\nname = "general"';
  const { globalRooms } = await settings(file, ["--global-room", "a", "--global-room=b"]);
  assert.deepEqual(globalRooms, ["general", "a", "b"]);
  assert.deepEqual(await errors(file, ["--global-room=general"]), [
    "global_rooms[1] is general once more",
  ]);
});

Deno.test("without a label a relay goes by its url or the beginning of its fingerprint", async () => {
  const { peers, trusted: accepted } = await settings(text(peer("aa"), trusted("bb")));
  assert.deepEqual(peers.map(({ label }) => label), ["raa.example:4433"]);
  assert.deepEqual(accepted.map(({ label }) => label), ["bb:bb:bb:bb:bb:b"]);
});

Deno.test("a relay that is dialled and trusted has one label, whichever entry gives it", async () => {
  const cases = [
    [text(peer("aa", 'label = "A"'), trusted("aa")), "A"],
    [text(peer("aa"), trusted("aa", 'label = "A"')), "A"],
    [text(peer("aa", 'label = "A"'), trusted("aa", 'label = "A"')), "A"],
    [text(peer("aa"), trusted("aa")), "raa.example:4433"],
  ];
  for (const [file, label] of cases) {
    const { peers, trusted: accepted } = await settings(file!);
    assert.deepEqual([peers[0]!.label, accepted[0]!.label], [label, label]);
  }
});

Deno.test("labels and fingerprints that stand twice name file, line and the other entry", async () => {
  assert.deepEqual(
    await errors(text(peer("aa", 'label = "X"'), peer("bb", 'label = "X"'))),
    ['r.toml:8: peers[1].label is "X", as that of [0]'],
  );
  assert.deepEqual(
    await errors(text(trusted("aa", 'label = "X"'), trusted("AA", 'label = "Y"'))),
    ["r.toml:5: trusted[1].fingerprint is also that of [0]"],
  );
  assert.deepEqual(await errors(peer("aa", `label = "a|b"`)), [
    'r.toml:4: peers[0].label must be text of at most 64 characters, not empty and without "|", not "a|b"',
  ]);
  assert.deepEqual(await errors('relay_name = "a|b"'), [
    'r.toml:1: relay_name must be text of at most 64 characters, not empty and without "|", not "a|b"',
  ]);
  const twice = `[[trusted]]\nfingerprint = ["${fp("aa")}", "${hex("aa")}"]`;
  assert.deepEqual(await errors(twice), ["r.toml:2: trusted[0].fingerprint[1] stands there twice"]);
});

Deno.test("peers and trusted relays are not mixed up", async () => {
  assert.deepEqual(await errors(text(peer("aa", 'label = "A"'), trusted("aa", 'label = "B"'))), [
    'r.toml:7: trusted[0].label must be "A", as in peers[0] with the same fingerprint, not "B"',
  ]);
  assert.deepEqual(await errors(text(peer("aa", 'label = "A"'), trusted("bb", 'label = "A"'))), [
    'r.toml:7: trusted[0].label is "A", as that of peers[0], which has another fingerprint',
  ]);
  // The label of the second is that of the peer, though it does not say so.
  assert.deepEqual(
    await errors(text(peer("aa", 'label = "A"'), trusted("aa"), trusted("bb", 'label = "A"'))),
    ['r.toml:9: trusted[1].label is "A", as that of peers[0], which has another fingerprint'],
  );
  const both = `[[trusted]]\nfingerprint = ["${fp("aa")}", "${fp("bb")}"]`;
  assert.deepEqual(await errors(text(peer("aa"), peer("bb"), both)), [
    "r.toml:8: trusted[0].fingerprint belongs to peers[0] and to peers[1]",
  ]);
});

Deno.test("mistakes between variable and file name the variable", async () => {
  const env = { WZP_TRUSTED: JSON.stringify([{ fingerprint: fp("aa"), label: "B" }]) };
  assert.deepEqual(await errors(peer("aa", 'label = "A"'), [], env), [
    'WZP_TRUSTED[0].label must be "A", as in peers[0] with the same fingerprint, not "B"',
  ]);
});

Deno.test("an entry with a mistake says which and what is due", async () => {
  const cases = [
    ['[[peers]]\nurl = "x"', /^r\.toml:2: peers\[0\]\.url must be an "ip:port" or "name:port"/],
    [`[[trusted]]\nfingerprint = "79:2a"`, /^r\.toml:2: trusted\[0\]\.fingerprint must be /],
    [`[[trusted]]\nfingerprint = []`, /^r\.toml:2: trusted\[0\]\.fingerprint must be /],
    [trusted("aa", "allow_legcy = true"), /nearest known name is allow_legacy$/],
    ['[[global_rooms]]\nname = ""', /^r\.toml:2: global_rooms\[0\]\.name must be /],
  ] as const;
  for (const [file, sentence] of cases) assert.match((await errors(file)).join("\n"), sentence);
  assert(
    (await errors('[[peers]]\nurl = "a:1"')).includes("r.toml:1: peers[0].fingerprint is missing"),
  );
});

Deno.test("what is printed can be loaded again", async () => {
  const file = text(peer("aa", 'label = "A"'), trusted("bb"), '[[global_rooms]]\nname = "x"');
  const loaded = await load(file, ["--print-config"]);
  assert("config" in loaded);
  assert.deepEqual(await settings(printConfig(loaded)), federationSettings(loaded.config));
});
