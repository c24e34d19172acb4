import assert from "node:assert/strict";
import { buildApp } from "../app.ts";
import { testingFingerprint, TestingRelay } from "../testing_host.ts";
import { originalRoutes } from "./routes.ts";

function site() {
  const relay = new TestingRelay();
  const app = buildApp(relay.host(), [originalRoutes]);
  const caller = { source: { ip: "127.0.0.1", port: 5 }, scope: "read" };
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    await app.request(`http://localhost:4433${path}`, { headers }, { caller });
  const json = async <Shape = Entry[]>(path: string): Promise<Shape> =>
    await (await ask(path)).json();
  return { relay, ask, json };
}

interface Entry {
  readonly fingerprint: string;
  readonly location: unknown;
}

Deno.test("presence, peers and routes have the shapes of the original, as JSON", async () => {
  const { ask, json } = site();
  const presence = await json("/presence");
  assert.equal(presence.length, 6);
  const names = presence.map(({ fingerprint }) => fingerprint);
  assert.deepEqual(names, names.toSorted());
  const farid = testingFingerprint("Farid");
  assert.deepEqual(await json(`/presence/${farid}`), {
    fingerprint: farid,
    location: { Remote: "192.0.2.20:4433" },
  });
  assert.equal(
    await (await ask("/presence/a%22b")).text(),
    '{"fingerprint":"a\\"b","location":null}',
  );
  const [peer] = await json<{ addr: string; rtt_ms: number }[]>("/peers");
  assert(peer);
  assert.equal(peer.addr, "192.0.2.20:4433");
  assert.equal(peer.rtt_ms, 31.4);
  assert.deepEqual(await json(`/route/${farid}`), {
    fingerprint: farid,
    relay_chain: ["192.0.2.10:4433", "192.0.2.20:4433"],
    route: "direct_peer",
  });
  for (const path of ["/presence", "/presence/x", "/peers", "/route/x"]) {
    const { headers, status } = await ask(path);
    assert.deepEqual([status, headers.get("content-type")], [200, "application/json"], path);
  }
});

Deno.test("lists can be filtered and read page by page", async () => {
  const { ask, json } = site();
  const size = async (query: string) => (await json(`/presence?${query}`)).length;
  assert.equal(await size("location=local"), 3);
  assert.equal(await size("location=remote"), 3);
  assert.equal(await size("relay=192.0.2.30:4433"), 1);
  assert.equal(await size(`q=${testingFingerprint("Ann").slice(0, 8)}`), 1);
  assert.equal((await json("/peers?addr=192.0.2.30:4433")).length, 1);
  assert.equal((await json(`/peers?q=${testingFingerprint("Gro")}`)).length, 1);

  const all = await json("/presence?location=remote");
  const read: Entry[] = [];
  for (let next: string | undefined = "/presence?location=remote&limit=2"; next !== undefined;) {
    const response = await ask(next);
    read.push(...await response.json());
    next = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
    assert(read.length <= all.length);
  }
  assert.deepEqual(read, all);
  assert.deepEqual(await json("/presence?limit=3&after=~"), []);
});

Deno.test("parameters with values that they cannot have are refused", async () => {
  const { ask } = site();
  for (const query of ["limit=0", "limit=x", "limit=-1", "limit=1e9", "limit=", "location=moon"]) {
    const response = await ask(`/presence?${query}`);
    assert.equal(response.status, 400, query);
    assert.equal((await response.json()).code, "bad_parameter");
  }
});

Deno.test("the mesh is the original's table, or JSON for who asks for it", async () => {
  const { ask } = site();
  const text = await ask("/mesh");
  assert.match(text.headers.get("content-type")!, /^text\/plain/);
  assert.match(
    await text.text(),
    /^Relay Mesh Health\n[^]*\n192\.0\.2\.30:4433 +0ms 100\.0% .* DOWN\n$/,
  );
  const json = await ask("/mesh", { accept: "application/json" });
  assert.deepEqual((await json.json()).targets[1], {
    target: "192.0.2.30:4433",
    up: false,
    rtt_ms: null,
    loss_pct: 100,
    jitter_ms: null,
  });
});

Deno.test("a long list comes in pieces and whole", async () => {
  const { relay, ask } = site();
  const template = relay.locals[0]!;
  relay.peers = [];
  relay.locals = Array.from({ length: 5_000 }, (_, n) => ({
    ...template,
    fingerprint: String(n).padStart(8, "0"),
  }));
  const response = await ask("/presence");
  const pieces = await Array.fromAsync(response.body!);
  assert(pieces.length > 10);
  const text = new TextDecoder().decode(await new Blob(pieces).arrayBuffer());
  assert.equal(JSON.parse(text).length, 5_000);
});
