import assert from "node:assert/strict";
import fc from "fast-check";
import { load, loadConfig } from "./load.ts";
import { printConfig } from "./print.ts";
import { files, sampleSchema } from "./sample_schema.ts";

Deno.test("every key is printed with its value and where that came from", async () => {
  const loaded = await load(sampleSchema, {
    args: ["-c", "r.toml", "--print-config", "--verbose"],
    env: { WZP_LIMITS__ROOMS: "3" },
    readFile: files({ "r.toml": '\nprobes = [":1"]\n[[friends]]\nurl = "u"\n' }),
  });
  assert.ok("config" in loaded);
  assert.equal(
    printConfig(loaded, sampleSchema),
    `# Effective configuration of wzp-relay (r.toml)
address = ":1" # default
verbose = true # --verbose
probes = [":1"] # r.toml:2
# password: not set # default
pin = "********" # default
friends = [{ url = "u" }] # r.toml:3

[limits]
rooms = 3 # WZP_LIMITS__ROOMS
path = "/x" # default
`,
  );
});

Deno.test("secrets are masked", async () => {
  const env = { WZP_PASSWORD: "hunter2" };
  const loaded = await load(sampleSchema, { args: [], env, readFile: files({}) });
  assert.ok("config" in loaded);
  const text = printConfig(loaded, sampleSchema);
  assert.ok(!text.includes("hunter2"));
  assert.match(text, /^password = "\*{8}" # WZP_PASSWORD$/m);
});

Deno.test("what is printed loads as the same configuration", async () => {
  const path = fc.string({ minLength: 1, unit: "binary" }).filter((text) =>
    !text.includes("\0") && text.isWellFormed()
  );
  const number = (min: number, max: number) => fc.integer({ min, max });
  const env = fc.record({
    HOME: path.map((text) => `/${text}`),
    WZP_LISTEN_ADDR: fc.tuple(fc.oneof(fc.ipV4(), fc.constant("")), number(0, 65535)).map((a) =>
      a.join(":")
    ),
    WZP_IDENTITY_FILE: path,
    WZP_STATE_DIR: path,
    WZP_ADVERTISED_ADDR: fc.ipV6().filter((ip) => ip !== "::").map((ip) => `[${ip}]:1`),
    WZP_LOG_LEVEL: fc.constantFrom("debug", "warn,accept=debug"),
    WZP_LOG_FORMAT: fc.constantFrom("json", "logfmt"),
    WZP_LOG_FILE: path,
    WZP_DRAIN_TIMEOUT: number(0, 864_000).map((tenths) => String(tenths / 10)),
    WZP_MAX_HANDSHAKES: number(1, 1_000_000).map(String),
    WZP_CONFIG: path,
  }, { requiredKeys: ["HOME"] });

  await fc.assert(
    fc.asyncProperty(env, async (env) => {
      const first = await loadConfig({ args: [], env, readFile: files({}) });
      if ("errors" in first) {
        // The one address of the generator that nobody can connect to.
        assert.match(first.errors.join(), /^WZP_ADVERTISED_ADDR/);
        return;
      }
      assert.ok("config" in first);
      const readFile = files({ f: printConfig(first) });
      const second = await loadConfig({ args: ["-c", "f"], env: { HOME: env.HOME }, readFile });
      assert.ok("config" in second, JSON.stringify(second));
      assert.deepEqual(second.config, first.config);
    }),
    { numRuns: 1_000 },
  );
});
