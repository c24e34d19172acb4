import assert from "node:assert/strict";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import type { ClientSocket } from "../socket.ts";
import { FixedAdvisor } from "./fixed_advisor.ts";
import { Itinerary } from "./itinerary.ts";
import type { Alternative, RelayAdvisor } from "./relay_advisor.ts";

const HASH = "ab".repeat(32);
const PIN = new Uint8Array(32).fill(0xab);
const address = { ip: "192.0.2.1", port: 4433 };
const HERE = "192.0.2.1:4433";
const transport = new MemoryTransport();
const endpoint: ClientSocket = await transport.open({ ip: "0.0.0.0", port: 0 });
const both: ClientSocket = Object.assign(await transport.open({ ip: "::", port: 0 }), {
  reaches: (ip: string) => ip !== "2001:db8::bad",
});

/** Prefers these, in this order, of those that are allowed. */
function advising(...preferred: Alternative[]): RelayAdvisor {
  const advisor = new FixedAdvisor();
  const alternatives = (allowed: (addr: string) => boolean) =>
    preferred.filter(({ addr }) => allowed(addr));
  return Object.assign(advisor, { alternatives });
}

Deno.test("without advice the order is that of the present relay, and it is not its own alternative", () => {
  const way = new Itinerary({ endpoint, address, advisor: new FixedAdvisor() });
  assert.deepEqual(way.outlook(HERE, 5), { now: 5, alternatives: [], better: null });
  way.arrive(HERE, [
    "b|192.0.2.2:1",
    `here|${HERE}`,
    "c|192.0.2.3:1",
    "c|192.0.2.3:1",
    "rubbish",
    "d|[::1]:9",
  ]);
  assert.deepEqual(way.outlook(HERE, 0).alternatives, ["192.0.2.2:1", "192.0.2.3:1"]);
});

Deno.test("advice comes first, and names nobody that the present relay did not", () => {
  const there = (addr: string) => ({ addr, pin: null });
  const advisor = advising(there("192.0.2.9:1"), there("192.0.2.3:1"));
  const way = new Itinerary({ endpoint, address, advisor });
  way.arrive(HERE, ["b|192.0.2.2:1", "c|192.0.2.3:1"]);
  assert.deepEqual(way.outlook(HERE, 0).alternatives, ["192.0.2.3:1", "192.0.2.2:1"]);
});

Deno.test("certificate hashes come from the advisor, else from the present relay, and survive a notice", () => {
  const advisor = advising({ addr: "192.0.2.3:1", pin: PIN });
  const way = new Itinerary({ endpoint, address, advisor });
  const wrong = "ef".repeat(32);
  way.arrive(HERE, [`b|192.0.2.2:1|${HASH}`, `c|192.0.2.3:1|${wrong}`, "d|192.0.2.4:1"]);
  way.narrow(["c|192.0.2.3:1", "b|192.0.2.2:1"]);
  assert.deepEqual(way.outlook(HERE, 0).alternatives, ["192.0.2.3:1", "192.0.2.2:1"]);
  assert.deepEqual(way.target("192.0.2.2:1").pin, PIN);
  assert.deepEqual(way.target("192.0.2.3:1").pin, PIN);
  assert.throws(() => way.target("192.0.2.8:1"), RangeError);
});

Deno.test("who pinned the first relay goes only where the certificate is known", () => {
  const way = new Itinerary({ endpoint, address, pin: PIN, advisor: new FixedAdvisor() });
  way.arrive(HERE, ["b|192.0.2.2:1", `c|192.0.2.3:1|${HASH}`]);
  assert.deepEqual(way.outlook(HERE, 0).alternatives, ["192.0.2.3:1"]);
  assert.deepEqual(way.target(HERE).pin, PIN);
});

Deno.test("the word of the relay that is used now counts, not that of the one before", () => {
  const way = new Itinerary({ endpoint, address, advisor: new FixedAdvisor() });
  way.arrive(HERE, ["b|192.0.2.2:1"]);
  way.outlook(HERE, 0);
  way.arrive("192.0.2.2:1", [`a|${HERE}`]);
  assert.deepEqual(way.outlook("192.0.2.2:1", 0).alternatives, [HERE]);
});

Deno.test("however many relays are named one after the other, only those that count now are kept", () => {
  const way = new Itinerary({ endpoint, address, advisor: new FixedAdvisor() });
  for (let i = 0; i < 50; i++) {
    way.narrow(Array.from({ length: 32 }, (_, j) => `x|198.51.100.${i}:${j + 1}`));
    assert.equal(way.outlook(HERE, 0).alternatives.length, 32);
  }
  assert.throws(() => way.target("198.51.100.48:1"), RangeError);
  assert.equal(way.target("198.51.100.49:1").pin, null);
  assert.deepEqual(way.target(HERE), { address, pin: null });
});

Deno.test("with a socket for both families relays of both are alternatives, those like the present one first", () => {
  const way = new Itinerary({ endpoint: both, address, advisor: new FixedAdvisor() });
  const entries = ["b|[2001:db8::2]:1", "c|192.0.2.3:1", "d|[2001:db8::bad]:1", "e|[::1]:9"];
  way.arrive(HERE, entries);
  const [b, c, e] = ["[2001:db8::2]:1", "192.0.2.3:1", "[::1]:9"];
  assert.deepEqual(way.outlook(HERE, 0).alternatives, [c, b, e]);
  way.arrive(b!, [...entries, `a|${HERE}`]);
  assert.deepEqual(way.outlook(b!, 0).alternatives, [e, c, HERE]);
  assert.deepEqual(way.target(e!).address, { ip: "::1", port: 9 });
  way.narrow([`a|${HERE}`, "d|[2001:db8::bad]:1", "e|[::1]:9"]);
  assert.deepEqual(way.outlook(b!, 0).alternatives, [e, HERE]);
});

Deno.test("advice counts before the family", () => {
  const advisor = advising({ addr: "[2001:db8::2]:1", pin: null });
  const way = new Itinerary({ endpoint: both, address, advisor });
  way.arrive(HERE, ["c|192.0.2.3:1", "b|[2001:db8::2]:1"]);
  assert.deepEqual(way.outlook(HERE, 0).alternatives, ["[2001:db8::2]:1", "192.0.2.3:1"]);
});
