import assert from "node:assert/strict";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { signedRecord } from "../../client/relays/testing_registry.ts";
import { DelayProxy } from "../harness/delay_proxy.ts";
import { type RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";
import { StandInRegistry } from "../harness/stand_in_registry.ts";

/** One way, in milliseconds: far enough apart for a machine that is busy. */
const REGIONS = [["far", 150], ["near", 10], ["middle", 75]] as const;
/** From the start of the tool, which says itself when it has chosen. */
const CHOICE_MS = 3_000;

interface Region {
  readonly name: string;
  readonly relay: RelayProcess;
  readonly proxy: DelayProxy;
  readonly addr: string;
}

async function withRegions(run: (regions: readonly Region[], dir: string) => Promise<void>) {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "wzp-choice-test-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const regions: Region[] = [];
  for (const [name, delayMs] of REGIONS) {
    const relay = stack.use(await startRelay());
    const path = { delayMs, jitter: 0.1 };
    const proxy = stack.use(new DelayProxy(relay.address, { toServer: path, toClient: path }));
    regions.push({ name, relay, proxy, addr: formatSocketAddress(proxy.address) });
  }
  await run(regions, dir);
}

function recordOf({ name, relay, addr }: Region, tls_fingerprint?: string) {
  const own = relay.tlsFingerprint.replaceAll(":", "");
  return signedRecord({ name, addr, region: `${name}-1`, tls_fingerprint: tls_fingerprint ?? own });
}

/** The lines of standard output, each an object. */
function objects(text: string): Record<string, unknown>[] {
  return text.trim().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

const list = (regions: readonly Region[]) =>
  regions.map(({ name, addr }) => `${name}=${addr}`).join(",");

function client(dir: string, ...args: string[]) {
  return runRelay({ args: ["client", "--relay-map", `${dir}/relays.json`, ...args] });
}

Deno.test("of three regions the nearest is chosen within three seconds, and the tone is sent there", () =>
  withRegions(async (regions, dir) => {
    // What the machine takes to start the program at all is not the choice's.
    await runRelay({ args: ["--version"] });
    const before = Date.now();
    await runRelay({ args: ["--version"] });
    const started = Date.now();
    const limit = CHOICE_MS + started - before;
    const { code, stdout, stderr } = await client(
      dir,
      ...["--relays", list(regions), "--room", "r", "--send-tone", "0.5", "--json"],
    );
    assert.equal(code, 0, stderr);
    const [chosen, report] = objects(stdout);
    assert.equal(chosen!.event, "relay");
    assert.equal(chosen!.name, "near");
    assert.equal((report as { sent: { packets: number } }).sent.packets, 25);
    assert.match(stderr, /relays, configured: The configuration names 3 relays\./);
    assert.match(stderr, /using near at 127\.0\.0\.1:\d+, because it is the nearest, \d+ ms/);
    const took = Number(chosen!.at) - started;
    assert.ok(took < limit, `chosen after ${took} ms`);
    const { relays } = JSON.parse(await Deno.readTextFile(`${dir}/relays.json`));
    assert.equal(relays[0].name, "near");
  }));

Deno.test("a registry's relays are chosen from, a copy stands in while it is down, and region and preference hold", () =>
  withRegions(async (regions, dir) => {
    const registry = new StandInRegistry();
    registry.relays = regions.map((region) => recordOf(region));
    const ping = ["--room", "r", "--send-tone", "0.1", "--json", "--registry", registry.url];
    const first = await client(dir, ...ping);
    assert.equal(first.code, 0, first.stderr);
    assert.equal(objects(first.stdout)[0]!.name, "near");
    assert.match(first.stderr, /relays, registry: The registry http:\/\/127[^ ]+ lists 3 relays\./);

    const pinned = await client(dir, ...ping, "--region", "far-1");
    assert.equal(objects(pinned.stdout)[0]!.name, "far", pinned.stderr);
    const preferred = await client(dir, ...ping, "--prefer", "middle");
    assert.equal(objects(preferred.stdout)[0]!.name, "middle", preferred.stderr);
    const nowhere = await client(dir, ...ping, "--region", "moon");
    assert.equal(nowhere.code, 1);

    await registry.close();
    const later = await client(dir, ...ping);
    assert.equal(later.code, 0, later.stderr);
    const [chosen] = objects(later.stdout);
    assert.equal(chosen!.name, "near");
    const [tier] = chosen!.tiers as { tier: string; state: string }[];
    assert.deepEqual([tier!.tier, tier!.state], ["registry", "stale"]);
    assert.match(later.stderr, /cannot be reached; a copy from \d+ s ago has 3 relays\./);
  }));

Deno.test("a relay with another certificate than the registry says is not chosen, however near", () =>
  withRegions(async (regions, dir) => {
    await using registry = new StandInRegistry();
    registry.relays = regions.map((region) =>
      recordOf(region, region.name === "near" ? "ab".repeat(32) : undefined)
    );
    const { code, stdout, stderr } = await client(
      dir,
      ...["--registry", registry.url, "--room", "r", "--send-tone", "0.1", "--json"],
    );
    assert.equal(code, 0, stderr);
    assert.equal(objects(stdout)[0]!.name, "middle");

    const forged = { ...registry.relays[0]!, name: "forged" };
    registry.relays = [forged, ...registry.relays.slice(1)];
    const check = await client(dir, "netcheck", "--registry", registry.url, "--json");
    assert.equal(check.code, 0, check.stderr);
    const { preferred, relays, ipv4 } = JSON.parse(check.stdout);
    assert.match(check.stderr, /lists 3 relays, 1 of them with a wrong signature/);
    assert.equal(ipv4, "yes");
    assert.deepEqual(
      relays.map(({ name, problem }: { name: string; problem: string | null }) => [name, problem]),
      [["middle", null], ["near", "certificate"]],
    );
    assert.equal(preferred, regions[2]!.addr);
  }));

Deno.test("when no relay answers a sentence says so, and a registry that lists nobody leaves the built-in one", async () => {
  const dir = await Deno.makeTempDir({ prefix: "wzp-choice-test-" });
  try {
    // Nobody listens on this machine's discard port.
    const dead = await client(dir, "--relays", "127.0.0.1:9,127.0.0.2:9", "--room", "r");
    assert.equal(dead.code, 1);
    assert.equal(dead.stdout, "");
    assert.match(
      dead.stderr,
      /\nwzp-relay client: None of the 2 relays can be used: 2 (?:do not answer|refuse)\.\n$/,
    );
    await Deno.writeTextFile(`${dir}/relays.json`, "not a map");
    await using registry = new StandInRegistry();
    const nobody = await client(dir, "netcheck", "--registry", registry.url, "--json");
    const { tiers } = JSON.parse(nobody.stdout);
    assert.deepEqual(
      tiers.map(({ tier, state }: { tier: string; state: string }) => [tier, state]),
      [["registry", "ok"], ["configured", "unused"], ["built-in", "ok"]],
    );
    assert.match(nobody.stderr, /relays\.json is no map of relays; it was moved to /);
    const files = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    assert.equal(files.length, 2);
    assert.equal(await Deno.readTextFile(`${dir}/${files[1]}`), "not a map");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("netcheck shows every relay with its round trip and marks the one that would be chosen", () =>
  withRegions(async (regions, dir) => {
    regions[0]!.proxy.cut();
    const { code, stdout, stderr } = await client(
      dir,
      "netcheck",
      ...regions.map(({ addr }) => addr),
    );
    assert.equal(code, 0, stderr);
    const [far, near, middle] = regions.map(({ addr }) => addr.replaceAll(".", "\\."));
    assert.match(
      stdout,
      /^NAT {6}unknown \(Unknown\)\nseen at {2}127\.0\.0\.1:\d+.*\nIPv4 {5}yes\nIPv6 {5}unknown\n/,
    );
    assert.match(stdout, new RegExp(`\\* +${near} +${near} +- +\\d+\\.\\d ms\\n`));
    assert.match(stdout, new RegExp(`\\n +${middle} +${middle} +- +\\d+\\.\\d ms\\n`));
    assert.match(stdout, new RegExp(`\\n +${far} +${far} +- +- +does not answer\\n`));
  }));
