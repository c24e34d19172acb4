import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { looseLink, type TestingLink } from "../testing_mesh_link.ts";
import { wireRelay } from "../relay_key.ts";
import { GossipNode } from "./testing_gossip.ts";

const key = (n: number) => n.toString(16).padStart(64, "0");
const SELF = key(0);
const [A, B, C] = [key(1), key(2), key(3)];

function start() {
  const clock = new ManualClock();
  const node = new GossipNode(SELF, clock);
  const a = looseLink(A);
  node.up(a);
  const state = (relay: string, links: readonly string[], addr: string, from: TestingLink = a) =>
    node.signal(from, {
      type: "RelayState",
      relay: wireRelay(relay),
      label: `name-${relay.at(-1)}`,
      region: "eu",
      addr,
      build: "b1",
      load: 0.5,
      draining: false,
      udp_port: null,
      seq: clock.wall() + clock.now(),
      links: links.map((it) => (
        { relay: wireRelay(it), rtt_ms: 7, loss_pct: null, legacy: false }
      )),
    });
  const list = (relay: string, ...add: string[]) =>
    node.signal(a, {
      type: "DirectoryUpdate",
      relay: wireRelay(relay),
      seq: clock.wall(),
      full: true,
      add,
      remove: [],
    });
  return { clock, node, mesh: node.gossip.mesh, a, state, list };
}

Deno.test("a way to somebody is told by the addresses that its relays advertise", () => {
  const { mesh, state, list } = start();
  state(A, [SELF, B], "[2001:DB8:0::1]:4433");
  state(B, [A], "192.0.2.2:4433");
  list(A, "near");
  list(B, "far");
  assert.deepEqual(mesh.further("near"), ["[2001:db8::1]:4433"]);
  assert.deepEqual(mesh.further("far"), ["[2001:db8::1]:4433", "192.0.2.2:4433"]);
  assert.equal(mesh.further("nobody"), null);
});

Deno.test("who advertises no address is reached, but no way can be told", () => {
  const { mesh, state, list } = start();
  state(A, [SELF, B], "192.0.2.1:4433");
  state(B, [A, C], "nowhere");
  state(C, [B], "192.0.2.3:4433");
  list(B, "far");
  list(C, "beyond");
  assert.deepEqual([mesh.relayOf("far"), mesh.relayOf("beyond")], [B, C]);
  assert.deepEqual([mesh.further("far"), mesh.further("beyond")], [null, null]);
  assert.equal(mesh.addressOf(B), null);
  assert.equal(mesh.find("far"), null);
  assert.deepEqual([...mesh.peers()].map(({ address }) => address), [
    "192.0.2.1:4433",
    "192.0.2.3:4433",
  ]);
});

Deno.test("presence gets relays with their people, round trip and age", () => {
  const { clock, mesh, a, state, list } = start();
  state(A, [SELF, B], "192.0.2.1:4433");
  clock.advance(1_000);
  state(B, [A], "192.0.2.2:4433");
  list(A, "p", "q");
  a.rttMs = 12;
  clock.advance(500);
  assert.deepEqual([...mesh.peers()], [
    { address: "192.0.2.1:4433", fingerprints: ["p", "q"], ageMs: 1_500, rttMs: 12 },
    { address: "192.0.2.2:4433", fingerprints: [], ageMs: 500, rttMs: null },
  ]);
  assert.deepEqual(mesh.find("q"), { fingerprint: "q", relay: "192.0.2.1:4433", ageMs: 1_500 });
  assert.equal(mesh.find("r"), null);
});

Deno.test("the view of the mesh begins with this relay and has what each said", () => {
  const { clock, node, mesh, a, state } = start();
  node.name = "home";
  node.udpPort = 51_820;
  a.rttMs = 9;
  state(A, [SELF, B], "192.0.2.1:4433");
  clock.advance(25_000);
  const link = { rttMs: 7, lossPct: null, legacy: false };
  assert.deepEqual(mesh.relays(), [
    {
      relay: SELF,
      label: "home",
      region: null,
      address: "10.0.0.1:4433",
      build: "test",
      load: 0,
      draining: false,
      udpPort: 51_820,
      ageMs: 0,
      links: [{ relay: A, rttMs: 9, lossPct: null, legacy: false }],
    },
    {
      relay: A,
      label: "label-0000",
      region: "eu",
      address: "192.0.2.1:4433",
      build: "b1",
      load: 0.5,
      draining: false,
      udpPort: null,
      ageMs: 25_000,
      links: [{ ...link, relay: SELF }, { ...link, relay: B }],
    },
  ]);
});

Deno.test("what was measured here and there decides between ways of as many hops", () => {
  const { clock, node, mesh, a, state } = start();
  const b = looseLink(B);
  node.up(b);
  state(A, [SELF, C], "192.0.2.1:1");
  state(B, [SELF, C], "192.0.2.1:2", b);
  state(C, [A, B], "192.0.2.1:3");
  assert.equal(mesh.nextHop(C), a);
  let changes = 0;
  const end = mesh.onChange(() => changes += 1);
  a.rttMs = 500;
  b.rttMs = 5;
  clock.advance(5_000);
  assert.deepEqual([mesh.nextHop(C), changes], [b, 1]);
  end();
  b.rttMs = 900;
  clock.advance(5_000);
  assert.deepEqual([mesh.nextHop(C), changes], [a, 1]);
});
