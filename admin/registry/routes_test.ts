import assert from "node:assert/strict";
import type { RegistryProblem } from "../../relay/ports/registry.ts";
import { TestingSite } from "../api/testing_site.ts";
import { testingRecord, TestingRegistry } from "./testing_registry.ts";

const KEY = testingRecord("oslo-1", "eu").tls_fingerprint;
const EVERYTHING: readonly (readonly [method: string, path: string])[] = [
  ["GET", "/relays"],
  ["GET", "/relays/eu"],
  ["POST", "/relays"],
  ["DELETE", `/relays/${KEY}`],
  ["GET", "/parties"],
  ["POST", "/parties"],
  ["DELETE", "/parties/p1"],
  ["POST", "/parties/p1/join"],
  ["GET", "/parties/p1/peers"],
  ["POST", "/parties/p1/peers/x/heartbeat"],
  ["POST", "/parties/p1/peers/x/leave"],
];

function registrySite() {
  const registry = new TestingRegistry();
  registry.add(testingRecord("oslo-1", "eu"), testingRecord("lima-1", "sa"));
  const site = new TestingSite((relay) => void (relay.registry = registry));
  const ask = (method: string, path: string, ask: Parameters<TestingSite["ask"]>[2] = {}) =>
    site.ask(method, path, { scope: "none", from: "203.0.113.9", ...ask });
  return { site, registry, ask };
}

const party = (token: string) => ({ "x-party-token": token });
const names = (body: { relays: { name: string }[] }) => body.relays.map(({ name }) => name);

Deno.test("relays are listed, all or those of a region, and a reader who has the list gets none", async () => {
  const { site, registry, ask } = registrySite();
  assert.deepEqual(names((await ask("GET", "/relays")).body), ["oslo-1", "lima-1"]);
  assert.deepEqual(names((await ask("GET", "/relays/sa")).body), ["lima-1"]);
  assert.deepEqual(names((await ask("GET", "/relays/no%20such")).body), []);
  assert.deepEqual(registry.calls, ["relays all", "relays sa", "relays no such"]);
  const first = await site.fetch("GET", "/relays", { scope: "none" });
  const tag = first.headers.get("etag")!;
  assert.match(tag, /^"\w+"$/);
  assert.equal(first.headers.get("cache-control"), "no-cache");
  assert.equal(Number(first.headers.get("content-length")), (await first.text()).length);
  for (const known of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
    const headers = { "if-none-match": known };
    const again = await site.fetch("GET", "/relays", { scope: "none", headers });
    assert.deepEqual([again.status, await again.text()], [304, ""], known);
    assert.equal(again.headers.get("etag"), tag);
  }
  registry.add(testingRecord("rome-1", "eu"));
  const headers = { "if-none-match": tag };
  assert.equal((await ask("GET", "/relays", { headers })).body.relays.length, 3);
});

Deno.test("a relay is registered, listed and taken out, with the address it came from", async () => {
  const { registry, ask } = registrySite();
  const body = { ...testingRecord("rome-1", "eu"), cert: "MII=" };
  const { status, body: answer } = await ask("POST", "/relays", { body });
  assert.deepEqual([status, answer], [200, { status: "registered", heartbeat_s: 30 }]);
  const { tls_fingerprint, issued_at, nonce, signature } = body;
  const farewell = { tls_fingerprint, issued_at, nonce, signature };
  const removed = await ask("DELETE", `/relays/${tls_fingerprint}`, { body: farewell });
  assert.deepEqual(removed.body, { status: "removed" });
  assert.deepEqual(registry.calls, [
    "register 203.0.113.9",
    `remove ${tls_fingerprint} 203.0.113.9`,
  ]);
});

Deno.test("peers meet in a party and leave it again", async () => {
  const { ask } = registrySite();
  const made = await ask("POST", "/parties", { body: { name: "office" } });
  assert.equal(made.status, 201);
  const path = `/parties/${made.body.party}`;
  const headers = party(made.body.token);
  const body = {
    name: "laptop",
    public_key: "a".repeat(43) + "=",
    endpoints: ["192.0.2.1:51820"],
    nat_type: "cone",
    rtts: { "192.0.2.10:4433": 12.5 },
  };
  const joined = (await ask("POST", `${path}/join`, { body, headers })).body;
  assert.deepEqual(joined.peers.length, 1);
  const own = party(joined.token);
  const beat = await ask("POST", `${path}/peers/${joined.peer}/heartbeat`, {
    body: { nat_type: "open" },
    headers: own,
  });
  assert.equal(beat.body.peers[0].nat_type, "open");
  assert.equal((await ask("GET", `${path}/peers`, { headers })).body.peers.length, 1);
  const list = await ask("GET", "/parties?limit=1", { scope: "read" });
  assert.deepEqual(list.body, {
    parties: [{ party: made.body.party, name: "office", peers: 1, age_ms: 1_000 }],
    next: null,
  });
  const left = await ask("POST", `${path}/peers/${joined.peer}/leave`, { headers: own });
  assert.deepEqual(left.body, { status: "left" });
  assert.deepEqual((await ask("DELETE", path, { headers })).body, { status: "removed" });
  assert.equal((await ask("GET", `${path}/peers`, { headers })).body.code, "not_found");
});

Deno.test("parties are listed for operators page by page", async () => {
  const { ask } = registrySite();
  for (let made = 0; made < 3; made++) await ask("POST", "/parties", { body: {} });
  const first = (await ask("GET", "/parties?limit=2", { scope: "read" })).body;
  assert.deepEqual(ids(first), ["party-1", "party-2"]);
  const second = await ask("GET", `/parties?limit=2&after=${first.next}`, { scope: "read" });
  assert.deepEqual([ids(second.body), second.body.next], [["party-3"], null]);
  assert.equal((await ask("GET", "/parties?limit=0", { scope: "read" })).status, 400);
});

Deno.test("what the registry refuses has its code, and says when to come again", async () => {
  const { registry, ask } = registrySite();
  const statuses: Readonly<Record<RegistryProblem, readonly [number, boolean]>> = {
    invalid: [400, false],
    bad_signature: [403, false],
    not_admitted: [403, false],
    wrong_token: [403, false],
    not_found: [404, false],
    stale: [409, false],
    too_many: [429, true],
    full: [503, true],
    unavailable: [503, true],
  };
  for (const [problem, [status, retry]] of Object.entries(statuses)) {
    registry.refuse = problem as RegistryProblem;
    const answer = await ask("POST", "/relays", { body: {} });
    const { code, detail } = answer.body;
    assert.deepEqual([answer.status, code], [status, problem]);
    assert.equal(detail, `The test says ${problem}.`);
    assert.equal(answer.headers.has("retry-after"), retry, problem);
  }
});

Deno.test("a relay that is no registry says so everywhere", async () => {
  const site = new TestingSite();
  for (const [method, path] of EVERYTHING) {
    const { status, body } = await site.ask(method, path, { scope: "read" });
    assert.deepEqual([status, body.code], [404, "not_found"], `${method} ${path}`);
    assert.match(body.detail, /no registry/);
  }
});

Deno.test("requests that change something are JSON and come from no other site, and leave no line", async () => {
  const { site, registry, ask } = registrySite();
  for (const [method, path] of EVERYTHING.filter(([method]) => method !== "GET")) {
    const plain = await ask(method, path, { headers: { "content-type": "text/plain" } });
    assert.equal(plain.body.code, "unsupported_media_type", `${method} ${path}`);
    const cross = await ask(method, path, { headers: { "sec-fetch-site": "cross-site" } });
    assert.equal(cross.body.code, "cross_site", `${method} ${path}`);
  }
  assert.deepEqual(registry.calls, []);
  await ask("POST", "/parties", { body: {} });
  await ask("POST", "/parties", {
    body: {},
    scope: "read",
    headers: { authorization: "Bearer x" },
  });
  assert.equal(registry.calls.length, 2);
  assert.deepEqual(site.relay.lines, []);
});

Deno.test("a body that is too large, no JSON or nested is refused before the registry sees it", async () => {
  const { site, registry } = registrySite();
  const post = async (body: string | Uint8Array<ArrayBuffer>) => {
    const response = await site.send("POST", "/relays", body);
    return [response.status, (await response.json()).code];
  };
  assert.deepEqual(await post(`"${"x".repeat(16_384)}"`), [413, "body_too_large"]);
  assert.deepEqual(await post("{"), [400, "bad_request"]);
  assert.deepEqual(await post(Uint8Array.of(0x22, 0xff, 0x22)), [400, "bad_request"]);
  assert.deepEqual(await post("[".repeat(8_000) + "]".repeat(8_000)), [400, "bad_request"]);
  assert.deepEqual(await post(`{"a":[[[[1]]]]}`), [400, "bad_request"]);
  assert.deepEqual(registry.calls, []);
  assert.deepEqual(await post("[]"), [400, "invalid"]);
});

Deno.test("a token of a party is shown in its header only, and never in an answer or a line", async () => {
  const { site, registry, ask } = registrySite();
  for (const headers of [{}, party(""), party("x".repeat(257))]) {
    const { status, body } = await ask("GET", "/parties/p1/peers?token=x", { headers });
    assert.deepEqual([status, body.code], [403, "wrong_token"]);
  }
  assert.deepEqual(registry.calls, []);
  const secret = "very-secret-token";
  const { body } = await ask("GET", "/parties/p1/peers", { headers: party(secret) });
  assert(!JSON.stringify([body, site.relay.lines]).includes(secret));
});

Deno.test("a stranger who asks too often waits, and others do not wait for him", async () => {
  const { site, registry, ask } = registrySite();
  const until = async (method: string, path: string, from: string) => {
    for (let asked = 0;; asked++) {
      const answer = await ask(method, path, { from, ...(method === "GET" ? {} : { body: {} }) });
      if (answer.status === 429) return { asked, answer };
      if (asked > 2_000) return { asked, answer };
    }
  };
  const lists = await until("GET", "/relays", "203.0.113.9");
  assert.deepEqual([lists.asked, lists.answer.body.code], [20, "too_many"]);
  assert.equal(lists.answer.headers.get("retry-after"), "1");
  assert.equal(registry.calls.length, 20);
  assert.equal((await ask("GET", "/relays", { from: "203.0.113.10" })).status, 200);
  assert.equal((await ask("GET", "/relays", { scope: "read" })).status, 200);
  site.relay.clock.advance(1_000);
  assert.equal((await ask("GET", "/relays")).status, 200);
  assert.equal((await until("POST", "/parties", "203.0.113.9")).asked, 500);
  // All that a proxy on this machine passes on.
  assert.equal((await until("POST", "/parties", "127.0.0.1")).asked, 1_000);
});

function ids(body: { parties: { party: string }[] }): string[] {
  return body.parties.map(({ party }) => party);
}
