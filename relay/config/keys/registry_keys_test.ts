import assert from "node:assert/strict";
import { loadConfig } from "../load.ts";
import { printConfig } from "../print.ts";
import { reloadConfig } from "../reload.ts";
import { files } from "../sample_schema.ts";

const FINGERPRINT =
  "79:2a:11:fe:0b:d3:02:53:18:15:7b:4d:6c:16:49:2e:b0:05:60:95:f8:53:8d:96:31:3d:40:50:90:d8:c1:1b";

async function load(file: string, args: string[] = [], env: Record<string, string> = {}) {
  const input = {
    args: ["-c", "f", ...args],
    env: { HOME: "/h", ...env },
    readFile: files({ f: file }),
  };
  const loaded = await loadConfig(input);
  if ("config" in loaded) return loaded;
  return "errors" in loaded ? assert.fail(loaded.errors.join("\n")) : assert.fail(loaded.action);
}

async function mistakes(file: string, args: string[] = []): Promise<readonly string[]> {
  const input = { args: ["-c", "f", ...args], env: { HOME: "/h" }, readFile: files({ f: file }) };
  const loaded = await loadConfig(input);
  return "errors" in loaded ? loaded.errors : [];
}

Deno.test("the section is read from file, flags and environment, and printed so that it can be read again", async () => {
  const file = `[registry]\nenabled = true\nmax_relays = 7\nmembers = ["${FINGERPRINT}"]\n`;
  const loaded = await load(file, ["--registry-public", "--registry-url", "https://r.example"], {
    WZP_REGISTRY__TOKEN_FILE: "~/token",
    WZP_REGISTRY__MAX_RELAYS: "9",
  });
  const { registry } = loaded.config;
  assert.deepEqual(registry, {
    enabled: true,
    public: true,
    max_relays: 9,
    max_parties: 1_000,
    members: [FINGERPRINT.replaceAll(":", "")],
    url: "https://r.example/",
    token_file: "/h/token",
  });
  const again = await load(printConfig(loaded));
  assert.deepEqual(again.config.registry, registry);
});

Deno.test("what contradicts itself is told with its place", async () => {
  assert.deepEqual(await mistakes("[registry]\npublic = true\n"), [
    "f:2: registry.public does nothing without registry.enabled (--registry)",
  ]);
  assert.match(
    (await mistakes('http_listen = "off"\n', ["--registry"])).join(),
    /^--registry needs the HTTP server, and http_listen is off$/,
  );
  assert.match(
    (await mistakes('[registry]\nmembers = ["79:2a"]\n')).join(),
    /^f:2: registry\.members\[0\] must be the tls_fingerprint another relay logs/,
  );
  assert.match(
    (await mistakes(`[registry]\nmembers = ["${FINGERPRINT}", "${FINGERPRINT}"]\n`)).join(),
    /once more/,
  );
  assert.match((await mistakes('[registry]\nurl = "ftp://x"\n')).join(), /http or https URL/);
  assert.match((await mistakes("[registry]\nmax_relay = 1\n")).join(), /max_relays/);
});

Deno.test("a reload changes the bounds, the members and where this relay registers, and not what it is", async () => {
  const before = await load("[registry]\n");
  const result = await reloadConfig(before, {
    args: ["-c", "f"],
    env: { HOME: "/h" },
    readFile: files({
      f: '[registry]\nenabled = true\npublic = true\nmax_relays = 7\nurl = "http://r.example"\n',
    }),
  });
  assert("loaded" in result);
  assert.deepEqual(result.needRestart, ["registry.enabled"]);
  assert.deepEqual(result.applied, ["registry.public", "registry.max_relays", "registry.url"]);
  assert.equal(result.loaded.config.registry.enabled, false);
  assert.equal(result.loaded.config.registry.max_relays, 7);
});
