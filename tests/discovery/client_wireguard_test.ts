import assert from "node:assert/strict";
import { signedRecord } from "../../client/relays/testing_registry.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { DelayProxy } from "../harness/delay_proxy.ts";
import { RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";
import { StandInRegistry } from "../harness/stand_in_registry.ts";

/** Far above what anything takes on a busy machine: only a hang reaches it. */
const LIMIT_MS = 60_000;
const ADA = "A".repeat(43) + "=";
const BOB = "B".repeat(42) + "A=";

interface Told {
  readonly public_key: string;
  readonly endpoints: readonly string[];
  readonly nat_type: string;
  readonly rtts: Readonly<Record<string, number>>;
}

/** A party as a registry keeps it, without its checks. */
class Party {
  readonly peers = new Map<string, Told>();
  readonly left: string[] = [];

  async answer(request: Request): Promise<Response> {
    const [, what = ""] = /\/([a-z]+)$/.exec(new URL(request.url).pathname) ?? [];
    const body = await request.json();
    const token = request.headers.get("x-party-token") ?? "";
    if (what === "join") {
      assert.equal(token, "party secret");
      this.peers.set(body.public_key, body);
      // The key is the token of the peer, and its name in this registry.
      return Response.json({ peer: "p", token: body.public_key, peers: this.#list() });
    }
    if (what === "leave") {
      this.left.push(token);
      this.peers.delete(token);
      return Response.json({ status: "left" });
    }
    const known = this.peers.get(token);
    if (known === undefined) return Response.json({ detail: "No such peer." }, { status: 404 });
    this.peers.set(token, { ...known, ...body });
    return Response.json({ peers: this.#list() });
  }

  #list() {
    return [...this.peers.values()].map((peer) => ({ ...peer, peer: "p", name: "", age_ms: 0 }));
  }
}

async function withRelays(
  run: (rig: {
    registry: StandInRegistry;
    party: Party;
    near: DelayProxy;
    far: DelayProxy;
    args: (own: string, peer: string, ...more: string[]) => string[];
  }) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const relay = stack.use(await startRelay());
  const dir = await Deno.makeTempDir({ prefix: "wzp-wg-test-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  await Deno.writeTextFile(`${dir}/token`, "party secret\n");
  const path = (delayMs: number) => ({ toServer: { delayMs }, toClient: { delayMs } });
  const near = stack.use(new DelayProxy(relay.address, path(10)));
  const far = stack.use(new DelayProxy(relay.address, path(100)));
  const registry = stack.use(new StandInRegistry());
  const tls_fingerprint = relay.tlsFingerprint.replaceAll(":", "");
  registry.relays = [
    signedRecord({ addr: formatSocketAddress(near.address), tls_fingerprint, udp_port: 5001 }),
    signedRecord({ addr: formatSocketAddress(far.address), tls_fingerprint, udp_port: 5002 }),
    // It passes on no packets of WireGuard.
    signedRecord({ addr: formatSocketAddress(relay.address), tls_fingerprint }),
  ];
  const party = new Party();
  registry.answer = (request) => party.answer(request);
  await run({
    registry,
    party,
    near,
    far,
    args: (own, peer, ...more) => [
      ...["client", "wg-endpoint", "--registry", registry.url, "--relay-map", `${dir}/map`],
      ...["--party", "p1", "--party-token", `@${dir}/token`, "--key", own, "--peer", peer, ...more],
    ],
  });
}

Deno.test("two peers are told the same relay, and both move when the way to it grows long", () =>
  withRelays(async ({ party, near, args }) => {
    await using ada = await RelayProcess.spawn({ args: args(ADA, BOB, "--watch", "--json") });
    await using bob = await RelayProcess.spawn({ args: args(BOB, ADA, "--watch") });
    await Promise.all([
      ada.stdout.match(/"endpoint":"127\.0\.0\.1:5001","via":"relay"/, LIMIT_MS),
      bob.stdout.match(/^127\.0\.0\.1:5001\n/, LIMIT_MS),
    ]);
    assert.equal(Object.keys(party.peers.get(ADA)!.rtts).length, 2);
    near.set({ delayMs: 300 });
    await Promise.all([
      ada.stdout.match(/"endpoint":"127\.0\.0\.1:5002","via":"relay"/, LIMIT_MS * 2),
      bob.stdout.match(/^127\.0\.0\.1:5002\n/m, LIMIT_MS * 2),
    ]);
    assert.equal((await bob.stop()).code, 0);
    assert.equal((await ada.stop("SIGINT")).code, 0);
    assert.deepEqual(party.left, [BOB, ADA]);
    assert.equal(bob.stdout.text, "127.0.0.1:5001\n127.0.0.1:5002\n");
  }));

Deno.test("where both translations allow it the peer's own endpoint is printed, once, and the party left", () =>
  withRelays(async ({ party, args }) => {
    const told = { endpoints: ["192.0.2.9:51820"], nat_type: "cone", rtts: {} };
    party.peers.set(BOB, { public_key: BOB, ...told });
    const cone = ["--nat-type", "cone", "--endpoints", "192.0.2.5:1"];
    const { code, stdout, stderr } = await runRelay({ args: args(ADA, BOB, ...cone) });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "192.0.2.9:51820\n");
    assert.deepEqual(party.left, [ADA]);
    const relayed = await runRelay({ args: args(ADA, BOB, "--nat-type", "symmetric", "--json") });
    const { endpoint, via, reason } = JSON.parse(relayed.stdout);
    assert.deepEqual([endpoint, via], ["127.0.0.1:5001", "relay"]);
    assert.match(reason, /nearest to us/);
  }));

Deno.test("a registry that refuses, and a peer that does not come, are sentences", () =>
  withRelays(async ({ registry, party, args }) => {
    const missing = await runRelay({ args: args(ADA, BOB) });
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /\nwzp-relay client: The peer has not joined the party\.\n$/);
    assert.deepEqual(party.left, [ADA]);
    registry.answer = () => Response.json({ detail: "Wrong token." }, { status: 403 });
    const refused = await runRelay({ args: args(ADA, BOB) });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /The registry http:[^ ]+ answers 403: Wrong token\.\n$/);
  }));

Deno.test("two peers that look once, one after the other, both find each other", () =>
  withRelays(async ({ party, args }) => {
    const cone = (port: number) => ["--nat-type", "cone", "--endpoints", `192.0.2.5:${port}`];
    await using ada = await RelayProcess.spawn({ args: args(ADA, BOB, ...cone(1)) });
    while (!party.peers.has(ADA)) await new Promise((resolve) => setTimeout(resolve, 50));
    const bob = await runRelay({ args: args(BOB, ADA, ...cone(2)) });
    assert.deepEqual([bob.code, bob.stdout], [0, "192.0.2.5:1\n"], bob.stderr);
    assert.equal((await ada.exit()).code, 0, ada.stderr.text);
    assert.equal(ada.stdout.text, "192.0.2.5:2\n");
  }));
