import assert from "node:assert/strict";
import { testingRecord, TestingRegistry } from "../registry/testing_registry.ts";
import { testingUdpRelay } from "../testing_host.ts";
import { TestingSite } from "./testing_site.ts";

function siteWithRegistry() {
  const registry = new TestingRegistry();
  registry.add(
    testingRecord("oslo-1", "eu-north", { udp_port: 51_820 }),
    testingRecord("oslo-2", "eu-north", { draining: true, addr: "192.0.2.20:4433" }),
    testingRecord("lima-1", "sa", { load: 1_000 }),
  );
  return { registry, site: new TestingSite((relay) => void (relay.registry = registry)) };
}

const names = ({ items }: { items: { name: string }[] }) => items.map(({ name }) => name);

Deno.test("relays of the registry are searched, page by page, with who takes clients", async () => {
  const { site } = siteWithRegistry();
  const first = await site.get("/api/v1/registry?limit=2");
  assert.deepEqual([names(first), first.total], [["lima-1", "oslo-1"], 3]);
  const second = await site.get(`/api/v1/registry?limit=2&after=${first.next}`);
  assert.deepEqual([names(second), second.next], [["oslo-2"], null]);
  const takes = [...first.items, ...second.items].map(({ takesClients }) => takesClients);
  assert.deepEqual(takes, [false, true, false]);
  assert.deepEqual(first.items[1].udpPort, 51_820);
  assert.deepEqual(names(await site.get("/api/v1/registry?q=2.20")), ["oslo-2"]);
  assert.deepEqual(names(await site.get("/api/v1/registry?region=sa")), ["lima-1"]);
  assert.deepEqual(names(await site.get("/api/v1/registry?region=sa&q=oslo")), []);
  // Exactly full pages are the last.
  assert.equal((await site.get("/api/v1/registry?limit=3")).next, null);
});

Deno.test("the registry says how it is, and nothing that lets in", async () => {
  const { site, registry } = siteWithRegistry();
  await registry.createParty({ name: "office" }, "192.0.2.1");
  registry.more = { setAside: "/state/registry.1.damaged", storeProblem: "The disk is full" };
  const { registry: stats, registration } = await site.get("/api/v1/registry");
  assert.deepEqual(stats, {
    public: false,
    relays: 3,
    relaysByRegion: { "eu-north": 2, sa: 1 },
    parties: 1,
    peers: 0,
    accepted: 40,
    refused: { stale: 2 },
    expired: 1,
    setAside: "/state/registry.1.damaged",
    storeProblem: "The disk is full",
  });
  assert.equal(registration, null);
  const parties = await site.get("/api/v1/registry/parties");
  assert.deepEqual(parties, {
    items: [{ party: "party-1", name: "office", peers: 0, ageMs: 1_000 }],
    next: null,
    total: 1,
  });
  assert(!JSON.stringify(parties).includes("token"));
});

Deno.test("a relay without registry, registration and UDP relay says so", async () => {
  const site = new TestingSite();
  assert.deepEqual(await site.get("/api/v1/registry"), {
    registry: null,
    registration: null,
    items: [],
    next: null,
    total: 0,
  });
  assert.deepEqual((await site.get("/api/v1/registry/parties")).items, []);
  const off = await site.get("/api/v1/udp-relay");
  assert.deepEqual([off.listen, off.peers, off.packetsIn], [null, [], 0]);
});

Deno.test("the entry of this relay in a registry is there with what is wrong", async () => {
  const site = new TestingSite();
  site.relay.registration = {
    url: "https://registry.example.org",
    state: "refused",
    registeredAt: null,
    problem: "The registry does not list this relay; ask its operator to add it to members.",
    relays: 0,
  };
  const { registration } = await site.get("/api/v1/registry");
  assert.deepEqual(registration, site.relay.registration);
});

Deno.test("the UDP relay is shown as its view has it", async () => {
  const site = new TestingSite();
  const view = testingUdpRelay();
  site.relay.udpRelay = view;
  assert.deepEqual(await site.get("/api/v1/udp-relay"), { ...view, listen: "0.0.0.0:51820" });
  site.relay.udpRelay = { ...view, listen: { ip: "", port: 51820 } };
  assert.equal((await site.get("/api/v1/udp-relay") as { listen: string }).listen, ":51820");
});

Deno.test("operators block and unblock addresses, with a line for each", async () => {
  const site = new TestingSite();
  const block = (body: unknown, scope: "operate" | "read" = "operate") =>
    site.ask("POST", "/api/v1/udp-relay/block", { body, scope });
  assert.equal((await block({ ip: "::ffff:192.0.2.9", seconds: 60 })).status, 200);
  assert.equal((await block({ ip: "2001:DB8::1", seconds: null })).status, 200);
  const unblocked = await site.ask("POST", "/api/v1/udp-relay/unblock", {
    body: { ip: "::FFFF:192.0.2.9" },
  });
  assert.equal(unblocked.status, 200);
  assert.deepEqual(site.relay.operated, [
    'blockUdp ["192.0.2.9",60000]',
    'blockUdp ["2001:db8::1",null]',
    'unblockUdp ["192.0.2.9"]',
  ]);
  const audits = site.relay.lines.filter(({ area }) => area === "audit");
  assert.deepEqual(audits.map(({ fields }) => [fields["ip"], fields["seconds"]]), [
    ["::ffff:192.0.2.9", 60],
    ["2001:DB8::1", null],
    ["::FFFF:192.0.2.9", undefined],
  ]);
  assert.equal((await block({ ip: "192.0.2.9", seconds: 60 }, "read")).body.code, "unauthorized");
  for (
    const body of [
      {},
      { ip: "192.0.2.9" },
      { ip: "192.0.2.9", seconds: 0 },
      { ip: "192.0.2.9", seconds: 1e9 },
      { ip: "192.0.2", seconds: 1 },
      { ip: "example.org", seconds: 1 },
    ]
  ) {
    assert.equal((await block(body)).body.code, "bad_parameter", JSON.stringify(body));
  }
  site.relay.outcome = { ok: false, detail: "This address is not blocked." };
  const { status, body } = await site.ask("POST", "/api/v1/udp-relay/unblock", {
    body: { ip: "192.0.2.9" },
  });
  assert.deepEqual([status, body.code], [409, "conflict"]);
  assert.equal(site.relay.operated.length, 4);
});
