import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "smol-toml";
import { exampleConfig } from "./example.ts";
import { load, loadConfig } from "./load.ts";
import { files, sampleSchema } from "./sample_schema.ts";
import { relaySchema } from "./relay_schema.ts";
import { entriesOf, isDerived } from "./schema.ts";

const options = {
  listenAddr: { ip: "192.0.2.1", port: 5000 },
  ip: "192.0.2.1",
  port: 5000,
  tlsFingerprint: "aa:bb",
};

async function accepted(file: string) {
  const readFile = files({ f: file });
  const loaded = await loadConfig({ args: ["-c", "f"], env: { HOME: "/h" }, readFile });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  assert.deepEqual(loaded.warnings, []);
  return loaded;
}

Deno.test("the example sets the listening address and nothing else", async () => {
  const { config, sources } = await accepted(exampleConfig(options));
  assert.deepEqual(config.listen_addr, options.listenAddr);
  const given = Object.entries(sources).filter(([, source]) => source !== "default");
  assert.deepEqual(given, [["listen_addr", "f"]]);
});

Deno.test("every other key is a comment that works when its # is removed", async () => {
  const lines = exampleConfig(options).split("\n");
  const samples = new Map<string, number>();
  let section = "";
  for (const [index, line] of lines.entries()) {
    section = /^\[(.+)\]$/.exec(line)?.[1]?.concat(".") ?? section;
    const name = /^#([a-z_]+) = /.exec(line)?.[1];
    if (name !== undefined) samples.set(section + name, index);
  }
  assert.deepEqual(
    ["listen_addr", ...samples.keys()],
    entriesOf(relaySchema).map(({ name }) => name),
  );
  for (const [name, index] of samples) {
    const { sources } = await accepted(lines.with(index, lines[index]!.slice(1)).join("\n"));
    assert.equal(sources[name], "f", name);
  }
  await accepted(exampleConfig(options).replaceAll(/^#(?=[a-z_]+ = )/gm, ""));
});

Deno.test("tables and lists in an example can be uncommented as well", async () => {
  const text = exampleConfig(options, sampleSchema).replaceAll(/^#(?=[a-z_]+ = )/gm, "")
    .replace("listen_addr", "address");
  const loaded = await load(sampleSchema, {
    args: ["-c", "f"],
    env: {},
    readFile: files({ f: text }),
  });
  assert.ok("config" in loaded, JSON.stringify(loaded));
  assert.equal(loaded.config.limits.rooms, 5);
  assert.deepEqual(loaded.config.friends, [{ url: "example.org", label: "Example" }]);
});

Deno.test("every key has its unit, its reason and what SIGHUP does", () => {
  const text = exampleConfig(options).replaceAll("\n# ", " ");
  for (const { key } of entriesOf(relaySchema)) {
    assert.ok(text.includes(key.help) && text.includes(`Reason: ${key.reason}.`), key.help);
    const { default: standard, unit } = key;
    if (isDerived(standard)) assert.ok(text.includes(`Default: ${standard.text}.`), standard.text);
    else if (unit) assert.ok(text.includes(`${standard} ${unit}.`), unit);
  }
});

Deno.test("the block for other operators is valid TOML once it is copied", () => {
  const lines = exampleConfig({ ...options, ip: "2001:db8::1" }).split("\n");
  const block = lines.filter((line) => line.startsWith("#     ")).map((line) => line.slice(6));
  assert.deepEqual(JSON.parse(JSON.stringify(parse(block.join("\n")))), {
    peers: [{ url: "[2001:db8::1]:5000", fingerprint: "aa:bb", label: "This Relay" }],
  });
});

Deno.test("without a known address the block has a placeholder", () => {
  assert.match(exampleConfig({ ...options, ip: null }), /^# +url = "this-relay-ip:5000"$/m);
});

Deno.test("no address or fingerprint breaks the example", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      async (ip, tlsFingerprint) => {
        await accepted(exampleConfig({ ...options, ip, tlsFingerprint }));
      },
    ),
    { numRuns: 200 },
  );
});
