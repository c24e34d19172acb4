import assert from "node:assert/strict";
import { adminSettings } from "../../admin_settings.ts";
import { loadConfig } from "../load.ts";
import { files } from "../sample_schema.ts";

function load(args: string[], file = "", env: Record<string, string> = {}) {
  return loadConfig({
    args: ["-c", "r.toml", ...args],
    env: { HOME: "/h", ...env },
    readFile: files({ "r.toml": file }),
  });
}

async function settings(args: string[], file = "", quicPort = 4433) {
  const outcome = await load(args, file);
  assert("config" in outcome, JSON.stringify(outcome));
  return adminSettings(outcome.config, quicPort);
}

async function listening(...args: string[]) {
  const { listen, implied } = await settings(args);
  return [...listen.map(({ ip, port }) => `${ip} ${port}`), ...implied ? ["implied"] : []];
}

async function refused(reason: RegExp, args: string[], file = "") {
  const outcome = await load(args, file);
  assert("errors" in outcome, JSON.stringify(outcome));
  assert.equal(outcome.exitCode, 78);
  assert.match(outcome.errors.join("\n"), reason);
}

Deno.test("HTTP listens on loopback of both families with the number of the QUIC port", async () => {
  assert.deepEqual(await listening(), ["127.0.0.1 4433", "::1 4433", "implied"]);
});

Deno.test("another address, another port, or none at all", async () => {
  const token = ["--admin-token-file", "/t"];
  assert.deepEqual(await listening("--http-listen", "off"), []);
  assert.deepEqual(await listening("--metrics-port", "9090"), ["127.0.0.1 9090", "::1 9090"]);
  assert.deepEqual(await listening("--http-listen", "[::1]:9090"), ["::1 9090"]);
  assert.deepEqual(await listening("--http-listen", "127.0.0.2"), ["127.0.0.2 4433", "implied"]);
  assert.deepEqual(await listening("--http-listen", "[::1]", "--metrics-port", "9090"), [
    "::1 9090",
  ]);
  assert.deepEqual(await listening("--http-listen", "127.0.0.2:0"), ["127.0.0.2 0"]);
  assert.deepEqual(await listening("--http-listen", ":9090", ...token), [
    ":: 9090",
    "0.0.0.0 9090",
  ]);
});

Deno.test("two ports at once are a mistake, wherever they come from", async () => {
  const both = /cannot be used together with http_listen/;
  await refused(both, ["--metrics-port", "9090", "--http-listen", "127.0.0.1:9091"]);
  await refused(both, ["--metrics-port", "9090", "--http-listen", "off"]);
  await refused(both, ["--metrics-port", "9090"], 'http_listen = "127.0.0.1:9090"');
  await refused(both, [], 'metrics_port = 1\nhttp_listen = "127.0.0.1:9090"');
});

Deno.test("an address that others reach needs a token file that was named", async () => {
  const reason = /other machines.*--admin-token-file/;
  for (const address of [":9090", "0.0.0.0:9090", "192.0.2.7:9090", "[::]:1", "[2001:db8::1]:1"]) {
    await refused(reason, ["--http-listen", address]);
    assert("config" in await load(["--http-listen", address, "--admin-token-file", "/t"]));
  }
});

Deno.test("names of the server are compared as browsers send them", async () => {
  const { hosts } = await settings([], 'http_hosts = ["Relay.Example.org.", "[2001:DB8::1]"]');
  assert.deepEqual(hosts, ["relay.example.org", "2001:db8::1"]);
  for (const name of ["a:80", "http://a", "", "a b", "[x:y]"]) {
    await refused(/http_hosts/, [], `http_hosts = ["${name}"]`);
  }
});

Deno.test("mesh status is asked for with the configuration of the relay, and not together with a check", async () => {
  const outcome = await load(["--mesh-status", "--listen", ":5000"]);
  assert("config" in outcome);
  assert.equal(outcome.action, "mesh-status");
  const both = await load(["--mesh-status", "--check-config"]);
  assert("errors" in both && both.exitCode === 64);
});
