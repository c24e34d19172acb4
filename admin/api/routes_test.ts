import assert from "node:assert/strict";
import { testingFingerprint, testingRelay } from "../testing_host.ts";
import { testingRecord, TestingRegistry } from "../registry/testing_registry.ts";
import { TestingSite } from "./testing_site.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";
const OSLO = testingRelay("Oslo");

/** Every GET that is described, with something to put into its path. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "/api/v1/rooms/{name}": "/api/v1/rooms/general",
  "/presence/{fingerprint}": `/presence/${testingFingerprint("Ann")}`,
  "/route/{fingerprint}": `/route/${testingFingerprint("Farid")}`,
  "/relays/{of}": "/relays/eu",
  "/parties/{party}/peers": "/parties/party-1/peers",
};

/** With something in everything. */
async function richSite(): Promise<TestingSite> {
  const registry = new TestingRegistry();
  registry.add(testingRecord("oslo-1", "eu", { udp_port: 51_820 }));
  await registry.createParty({ name: "office" }, "192.0.2.1");
  await registry.join("party-1", "token-of-party-1", { name: "laptop" }, "192.0.2.1");
  return new TestingSite((relay) => void (relay.registry = registry));
}

Deno.test("every described path answers as it is described", async () => {
  const site = await richSite();
  site.relay.logTail.add({ at: 1, level: "warn", area: "rooms", message: "m", fields: { a: "b" } });
  site.relay.eventTail.add({ at: 1, kind: "join", fields: { a: 1, b: null, c: true, d: "e" } });
  let asked = 0;
  for (const [path, operations] of Object.entries(site.document.paths)) {
    const feed = JSON.stringify(operations["get"] ?? {}).includes("text/event-stream");
    if (operations["get"] === undefined || feed) continue;
    const headers = { accept: "application/json", "x-party-token": "token-of-party-1" };
    const { status } = await site.ask("GET", EXAMPLES[path] ?? path, { scope: "read", headers });
    assert.equal(status, 200, path);
    asked += 1;
  }
  assert(asked >= 25, `${asked} paths`);
});

Deno.test("every route of the site is described, and the other way round", async () => {
  const site = new TestingSite();
  for (const [path, operations] of Object.entries(site.document.paths)) {
    for (const method of Object.keys(operations)) {
      const { headers } = await site.fetch("OPTIONS", path.replace(/\{\w+\}/g, "x"));
      assert.match(headers.get("allow") ?? "", new RegExp(method, "i"), `${method} ${path}`);
    }
  }
  const response = await site.fetch("GET", "/openapi.json");
  const document = await response.json();
  assert.equal(document.openapi, "3.1.0");
  assert.deepEqual(Object.keys(document.paths), Object.keys(site.document.paths));
  assert.deepEqual(
    document.components.schemas.TapRequest.properties.room.anyOf.map(({ type }: { type: string }) =>
      type
    ),
    ["string", "null"],
  );
});

Deno.test("the overview says how the relay is", async () => {
  const { relay, get } = siteOf();
  relay.counters.activeSessions = 5;
  relay.counters.activeRooms = 2;
  relay.counters.activeCalls.add("ringing");
  relay.counters.activeCalls.add("active");
  relay.counters.packetsDropped.add("slow_receiver", 7);
  relay.counters.federationPacketsDropped.add("hops", 3);
  const overview = await get("/api/v1/overview");
  assert.equal(overview.state, "serving");
  assert.equal(overview.uptimeS, 3_600);
  assert.deepEqual(
    [overview.sessions, overview.rooms, overview.calls, overview.links],
    [5, 2, 2, 2],
  );
  assert.equal(overview.drops.slow_receiver, 7);
  assert.equal(overview.drops.federation_hops, 3);
  assert.equal(overview.drops.malformed, 0);
  assert.deepEqual(overview.activeTaps, []);
});

Deno.test("rooms are searched, and a room names everybody, also those elsewhere", async () => {
  const { get } = siteOf();
  const { items } = await get("/api/v1/rooms?q=GENER");
  assert.deepEqual(items, [{ name: "general", participants: 3, remote: 1, codec: "opus24k" }]);
  const { participants, total } = await get("/api/v1/rooms/general");
  assert.equal(total, 4);
  assert.deepEqual(
    participants.map(({ alias, relayLabel }: { alias: string; relayLabel: string }) => [
      alias,
      relayLabel,
    ]),
    [["Ann", null], [HOSTILE, null], [null, null], ["Hugo", "Lima"]],
  );
  const [ann] = participants;
  assert.deepEqual([ann.lossPct, ann.rttMs, ann.since], [2, 44, 1_775_000_000_000 - 60_000]);
  assert.equal(participants[3].session, null);
});

Deno.test("names from the network, however hostile, are only text", async () => {
  const { relay, get, ask } = siteOf();
  const room = `__proto__"\n</script>`;
  relay.participants = relay.participants.map((one) => ({ ...one, room }));
  assert.equal((await get("/api/v1/rooms")).items[0].name, room);
  const detail = await get(`/api/v1/rooms/${encodeURIComponent(room)}`);
  assert.equal(detail.participants[1].alias, HOSTILE);
  const { status, body } = await ask("GET", "/api/v1/rooms/constructor");
  assert.deepEqual([status, body.code], [404, "not_found"]);
});

Deno.test("sessions are found by alias, room and fingerprint, page by page", async () => {
  const { get } = siteOf();
  const first = await get("/api/v1/sessions?limit=2");
  assert.equal(first.total, 5);
  assert.deepEqual(aliases(first), ["Ann", HOSTILE]);
  const second = await get(`/api/v1/sessions?limit=2&after=${first.next}`);
  assert.deepEqual(aliases(second), [null, "Dora"]);
  const third = await get(`/api/v1/sessions?limit=2&after=${second.next}`);
  assert.deepEqual([aliases(third), third.next], [["Emil"], null]);
  assert.deepEqual(aliases(await get("/api/v1/sessions?q=onerror")), [HOSTILE]);
  assert.deepEqual(aliases(await get("/api/v1/sessions?room=call-7f3a&q=em")), ["Emil"]);
});

Deno.test("the topology has every end of a link, also relays that say nothing of themselves", async () => {
  const { get } = siteOf();
  const { self, relays, links } = await get("/api/v1/topology");
  assert.equal(self, testingRelay("Frankfurt"));
  const labels = relays.map(({ label, legacy }: { label: string; legacy: boolean }) =>
    `${label} ${legacy}`
  );
  assert.deepEqual(labels.sort(), ["Frankfurt false", "Lima true", "Oslo false"]);
  const rtt = (wanted: boolean) =>
    links.find(({ legacy }: { legacy: boolean }) => legacy === wanted).rttMs;
  assert.equal(rtt(false), 31.4);
  assert.equal(rtt(true), null);
  assert.equal(links.length, 2);
});

Deno.test("the directory names relays as people know them", async () => {
  const { get } = siteOf();
  const { items, total } = await get(`/api/v1/directory?relay=${OSLO}&q=oslo`);
  assert.equal(total, 3);
  assert(items.every(({ label }: { label: string }) => label === "Oslo"));
  assert.equal((await get("/api/v1/directory?relay=none")).total, 0);
});

Deno.test("recent log and events go on where the reader was, and say what is missing", async () => {
  const { relay, get } = siteOf();
  for (let line = 1; line <= 1_200; line++) {
    const level = line % 100 === 0 ? "warn" : "info";
    relay.logTail.add({ at: line, level, area: "rooms", message: `line ${line}`, fields: {} });
  }
  const newest = await get("/api/v1/log?limit=2");
  assert.deepEqual(ids(newest), [1_199, 1_200]);
  assert.equal(newest.next, 1_200);
  const old = await get("/api/v1/log?after=100&limit=3");
  assert.deepEqual([ids(old), old.skipped, old.next], [[201, 202, 203], 100, 203]);
  const warnings = await get("/api/v1/log?after=1000&level=warn");
  assert.deepEqual([ids(warnings), warnings.next], [[1_100, 1_200], 1_200]);
  relay.eventTail.add({ at: 1, kind: "join", fields: { alias: "Ann" } });
  relay.eventTail.add({ at: 2, kind: "link_up", fields: { label: "Oslo" } });
  assert.deepEqual(ids(await get("/api/v1/recent-events?kind=link_up")), [2]);
  assert.deepEqual(ids(await get("/api/v1/recent-events?q=ann")), [1]);
});

Deno.test("parameters that cannot be are refused by name", async () => {
  const { ask } = siteOf();
  for (
    const [path, said] of [
      ["/api/v1/rooms?limit=0", /limit must be at least 1/],
      ["/api/v1/rooms?limit=501", /limit must be at most 500/],
      ["/api/v1/rooms?limit=ten", /limit must be a whole number/],
      ["/api/v1/rooms?limit=1&limit=2", /limit is given twice/],
      ["/api/v1/rooms?search=a", /Known parameters are limit, after, q/],
      ["/api/v1/overview?constructor=1", /No parameters are known here/],
      [`/api/v1/rooms?q=${"a".repeat(301)}`, /longer than 300/],
      ["/api/v1/events?want=overview,weather", /want is a list of/],
    ] as const
  ) {
    const { status, body } = await ask("GET", path);
    assert.deepEqual([status, body.code], [400, "bad_parameter"], path);
    assert.match(body.detail, said);
  }
});

Deno.test("operations do what they are told, and say why when they cannot", async () => {
  const { relay, ask } = siteOf();
  const done = async (method: string, path: string, body?: unknown) => {
    const answer = await ask(method, path, { body });
    return [answer.status, answer.body.ok ?? answer.body.code];
  };
  assert.deepEqual(await done("POST", "/api/v1/drain", { reason: "update" }), [200, true]);
  assert.deepEqual(await done("POST", "/api/v1/drain"), [200, true]);
  assert.deepEqual(await done("POST", "/api/v1/reload", {}), [200, true]);
  assert.deepEqual(await done("POST", "/api/v1/log-level", { levels: "debug" }), [200, true]);
  assert.deepEqual(await done("POST", "/api/v1/kick", { session: "s", refuseSeconds: 60 }), [
    200,
    true,
  ]);
  assert.deepEqual(await done("POST", "/api/v1/kick", { session: "s" }), [200, true]);
  assert.deepEqual(await done("POST", `/api/v1/links/${OSLO}/close`, {}), [200, true]);
  assert.deepEqual(relay.operated, [
    'drain ["update"]',
    'drain ["asked over HTTP"]',
    "reload []",
    'setLogLevel ["debug"]',
    'kick ["s",60000]',
    'kick ["s",0]',
    `closeLink ["${OSLO}"]`,
  ]);
  relay.outcome = { ok: false, detail: "There is no such session" };
  assert.deepEqual(await done("POST", "/api/v1/kick", { session: "s" }), [409, "conflict"]);
  assert.deepEqual(await done("POST", "/api/v1/log-level", { levels: "x" }), [
    400,
    "bad_parameter",
  ]);
});

Deno.test("bodies that cannot be are refused, and nothing is done", async () => {
  const { relay, ask, fetch } = siteOf();
  for (
    const body of [
      { session: 5 },
      {},
      [],
      "text",
      { session: "s", refuseSeconds: -1 },
      { session: "s", refuseSeconds: 1e9 },
      { session: "s", extra: true },
      { session: "" },
    ]
  ) {
    const answer = await ask("POST", "/api/v1/kick", { body });
    assert.deepEqual([answer.status, answer.body.code], [400, "bad_parameter"]);
  }
  const response = await fetch("POST", "/api/v1/kick", { body: undefined, headers: {} });
  assert.equal(response.status, 400);
  for (const scope of ["read", "none"] as const) {
    const { body } = await ask("POST", "/api/v1/kick", { body: { session: "s" }, scope });
    assert.equal(body.code, "unauthorized");
  }
  assert.deepEqual(relay.operated, []);
});

Deno.test("operations leave a line that says who asked and what for", async () => {
  const { relay, ask } = siteOf();
  await ask("POST", "/api/v1/kick", { body: { session: "0011", refuseSeconds: 60 } });
  const [line] = relay.lines.filter(({ area }) => area === "audit");
  assert.equal(line!.fields["session"], "0011");
  assert.equal(line!.fields["refuse_s"], 60);
  assert.equal(line!.fields["what"], "POST /api/v1/kick");
});

function siteOf() {
  const site = new TestingSite();
  return {
    relay: site.relay,
    get: (path: string) => site.get(path),
    ask: site.ask.bind(site),
    fetch: site.fetch.bind(site),
  };
}

const aliases = ({ items }: { items: { alias: string | null }[] }) =>
  items.map(({ alias }) => alias);
const ids = ({ items }: { items: { id: number }[] }) => items.map(({ id }) => id);
