/** The registry of the built relay over HTTP: what it confirmed is there after any end, and relays find their way into it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { testPeer, TestRelay } from "../../discovery/testing_relays.ts";
import type { RelayRecord } from "../../proto/registry_record.ts";
import { withLimit } from "../contract/rig.ts";
import { type RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";
import { testUnless } from "../harness/skips.ts";
import { LIMIT_MS } from "../process/callers.ts";
import { scratch } from "../process/disk.ts";
import { httpAddress } from "../process/raw_http.ts";
import { clientsOf, countersShow } from "../process/relay_rig.ts";

const CONFIG = "[registry]\nenabled = true\n";
const FILE = ".wzp/relay-identity.d/registry.sqlite";

interface RunningRegistry extends AsyncDisposable {
  readonly relay: RelayProcess;
  readonly url: string;
}

/** Where one was before, if its address is given. */
async function startRegistry(home: string, url?: string): Promise<RunningRegistry> {
  const args = url === undefined ? [] : ["--metrics-port", new URL(url).port];
  const relay = await startRelay({ home, config: CONFIG, args });
  const http = await httpAddress(relay);
  return {
    relay,
    url: `http://127.0.0.1:${http.port}`,
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

async function post(url: string, path: string, body: unknown, headers = {}) {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

async function listed(url: string): Promise<RelayRecord[]> {
  const answer = await fetch(`${url}/relays`);
  assert.equal(answer.status, 200);
  return (await answer.json()).relays;
}

/** Asks until the list is so. */
async function untilListed(
  url: string,
  is: (relays: readonly RelayRecord[]) => boolean,
): Promise<readonly RelayRecord[]> {
  for (;;) {
    const relays = await listed(url);
    if (is(relays)) return relays;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function namesOf(relays: readonly RelayRecord[]): string[] {
  return relays.map(({ name }) => name).sort();
}

function limited(name: string, run: () => Promise<void>): void {
  Deno.test(name, () => withLimit(run()));
}

limited(
  "a hundred registrations a second, and a kill in the middle takes none that was confirmed",
  async () => {
    await using home = await scratch();
    const relays = Array.from({ length: 300 }, (_, number) => new TestRelay(number));
    const confirmed = new Set<string>();
    let registry = await startRegistry(home.path);
    let broken = 0;
    let brokenByKill = 0;
    const register = async (relay: TestRelay) => {
      try {
        const { status, body } = await post(
          registry.url,
          "/relays",
          relay.registration(Date.now()),
        );
        assert.deepEqual({ status, body }, {
          status: 200,
          body: { status: "registered", heartbeat_s: 30 },
        });
        confirmed.add(relay.fingerprint);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        broken += 1;
      }
    };
    const asked: Promise<void>[] = [];
    for (const [number, relay] of relays.entries()) {
      asked.push(register(relay));
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (number !== relays.length / 2) continue;
      // While requests are under way, and with no chance to say goodbye.
      registry.relay.signal("SIGKILL");
      await registry.relay.exit().catch(() => {});
      await Promise.all(asked);
      assert(confirmed.size > 0, "some were confirmed by then");
      brokenByKill = broken;
      registry = await startRegistry(home.path, registry.url);
      const after = new Set((await listed(registry.url)).map((each) => each.tls_fingerprint));
      for (const fingerprint of confirmed) assert(after.has(fingerprint), "confirmed and lost");
    }
    await Promise.all(asked);
    await using _ = registry;
    const list = await listed(registry.url);
    assert.deepEqual(
      relays.filter(({ fingerprint }) => confirmed.has(fingerprint)).map((relay) =>
        list.find((record) => record.tls_fingerprint === relay.fingerprint)?.name
      ),
      relays.filter(({ fingerprint }) => confirmed.has(fingerprint)).map((relay) =>
        relay.registration(0).name
      ),
    );
    assert.equal(broken, brokenByKill);
    assert.equal(confirmed.size + broken, 300);
  },
);

limited(
  "a relay is listed within a second of its start, says that it drains, and takes itself out",
  async () => {
    await using home = await scratch();
    await using registry = await startRegistry(home.path);
    const other = new TestRelay(1, { name: "other" });
    assert.equal((await post(registry.url, "/relays", other.registration(Date.now()))).status, 200);
    const config = `region = "eu"\nrelay_name = "R"\n[registry]\nurl = "${registry.url}"\n`;
    await using relay = await startRelay({ config });
    const [record] = await untilListed(registry.url, ({ length }) => length === 2);
    const { ip, port } = relay.address;
    assert.deepEqual(
      [record!.name, record!.addr, record!.region, record!.load, record!.draining],
      ["R", `${ip}:${port}`, "eu", 0, false],
    );
    assert.equal(record!.tls_fingerprint, relay.tlsFingerprint.replaceAll(":", ""));
    const [, serving] = await relay.stdout.match(/(\S+) +INFO relay: serving/, LIMIT_MS);
    assert(record!.issued_at - Date.parse(serving!) < 1_000, "asked for within a second");

    await countersShow(relay, "wzp_registry_known_relays", (count) => count === 1);

    await using clients = await clientsOf(relay);
    const client = await clients.join("general");
    relay.signal("SIGTERM");
    const [draining] = await untilListed(registry.url, ([each]) => each?.draining === true);
    assert.deepEqual([draining!.load, draining!.name], [1, "R"]);
    client.connection.close(0, "");
    await untilListed(registry.url, ({ length }) => length === 1);
    assert.deepEqual(await relay.exit(), { code: 0, signal: null });
  },
);

limited(
  "a relay carries on without its registry, and is there again when that comes back",
  async () => {
    await using home = await scratch();
    const first = await startRegistry(home.path);
    await using relay = await startRelay({ config: `[registry]\nurl = "${first.url}"\n` });
    await untilListed(first.url, ({ length }) => length === 1);
    first.relay.signal("SIGKILL");
    await first.relay.exit().catch(() => {});
    // Somebody comes in, which is a change of load of more than a tenth of what there is.
    await relay.reload(`max_sessions = 2\n[registry]\nurl = "${first.url}"\n`);
    await relay.stdout.match(
      /WARN registry: registry not reached, carrying on without it/,
      LIMIT_MS,
    );
    await using clients = await clientsOf(relay);
    await clients.join("general");
    await using second = await startRegistry(home.path, first.url);
    await relay.stdout.match(/INFO registry: registered again/, LIMIT_MS);
    const [record] = await listed(second.url);
    assert.deepEqual([record!.capacity, record!.load], [2, 1]);
    assert.equal(relay.stdout.text.match(/WARN registry/g)!.length, 1);
  },
);

limited("a damaged file is set aside and reported, and the registry begins anew", async () => {
  await using home = await scratch();
  {
    await using registry = await startRegistry(home.path);
    assert.equal((await post(registry.url, "/parties", {})).status, 201);
    await registry.relay.stop();
  }
  const path = join(home.path, FILE);
  const damaged = (await Deno.readFile(path)).fill(0x5a, 0, 4_000);
  await Deno.writeFile(path, damaged);
  await using registry = await startRegistry(home.path);
  const [, aside] = await registry.relay.stdout.match(
    /ERROR registry: the registry file is damaged and was set aside.* set_aside="?([^"\s]+)/,
    LIMIT_MS,
  );
  assert.match(aside!, /registry\.sqlite\.damaged-\d{8}T\d{6}Z$/);
  assert.deepEqual(await Deno.readFile(aside!), damaged);
  assert.equal((await Deno.stat(aside!)).mode! & 0o777, 0o600);
  assert.equal((await post(registry.url, "/parties", {})).status, 201);
});

limited("a file of a later version ends the start with a sentence", async () => {
  await using home = await scratch();
  {
    await using registry = await startRegistry(home.path);
    await registry.relay.stop();
  }
  const path = join(home.path, FILE);
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  await Deno.writeTextFile(join(home.path, "relay.toml"), CONFIG);
  const args = ["-c", join(home.path, "relay.toml"), "--listen", "127.0.0.1:0"];
  const { code, stderr } = await runRelay({ home: home.path, args });
  assert.equal(code, 78);
  assert.equal(
    stderr.trim(),
    `wzp-relay: Cannot use the registry file ${path}: it has version 99 and this program knows ` +
      "up to 1. Run the newer version, or move the file away to begin a new registry",
  );
});

limited("peers of a party find each other, before and after a restart", async () => {
  await using home = await scratch();
  const first = await startRegistry(home.path);
  const { body: made } = await post(first.url, "/parties", { name: "friends" });
  const headers = { "x-party-token": made.token };
  const joined = await post(first.url, `/parties/${made.party}/join`, testPeer(1), headers);
  assert.equal(joined.status, 200);
  first.relay.signal("SIGKILL");
  await first.relay.exit().catch(() => {});
  await using second = await startRegistry(home.path, first.url);
  const other = await post(second.url, `/parties/${made.party}/join`, testPeer(2), headers);
  assert.deepEqual(
    other.body.peers.map(({ public_key }: { public_key: string }) => public_key),
    [testPeer(1).public_key, testPeer(2).public_key],
  );
  const left = await post(
    second.url,
    `/parties/${made.party}/peers/${joined.body.peer}/leave`,
    {},
    { "x-party-token": joined.body.token },
  );
  assert.deepEqual(left, { status: 200, body: { status: "left" } });
  for (const name of await filesOf(join(home.path, ".wzp/relay-identity.d"))) {
    const bytes = await Deno.readFile(name);
    assert(!Buffer.from(bytes).includes(made.token), `${name} holds a token`);
  }
});

testUnless(
  await cannotMount(),
  "a full disk is told to who asks, loses nothing, and is no matter once there is room",
  () =>
    withLimit((async () => {
      await using home = await scratch();
      const folder = join(home.path, ".wzp");
      await Deno.mkdir(folder);
      await run("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", folder);
      try {
        await using registry = await startRegistry(home.path);
        const send = (number: number) =>
          post(registry.url, "/relays", new TestRelay(number).registration(Date.now()));
        assert.equal((await send(1)).status, 200);
        await Deno.writeFile(join(folder, "ballast"), new Uint8Array(1_000_000)).catch(() => {});
        let number = 2;
        let answer = await send(number);
        while (answer.status === 200) answer = await send(++number);
        assert.deepEqual([answer.status, answer.body.code], [503, "unavailable"]);
        assert.match(answer.body.detail, /^The registry cannot be written just now: .+\.$/);
        const names = Array.from({ length: number - 1 }, (_, index) => `relay-${index + 1}`).sort();
        assert.deepEqual(namesOf(await listed(registry.url)), names);
        await Deno.remove(join(folder, "ballast"));
        assert.equal((await send(number)).status, 200);
        await registry.relay.stdout.match(
          /INFO registry: the registry can be written again/,
          LIMIT_MS,
        );
        assert.equal((await listed(registry.url)).length, number);
        await registry.relay.stop();
      } finally {
        await run("umount", folder);
      }
    })()),
);

async function run(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

async function cannotMount(): Promise<string | null> {
  const folder = await Deno.makeTempDir();
  try {
    await run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
    await run("umount", folder);
    return null;
  } catch (error) {
    return `cannot mount a file system: ${(error as Error).message.trim()}`;
  } finally {
    await Deno.remove(folder);
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name.startsWith("registry")) names.push(join(folder, name));
  }
  return names;
}
