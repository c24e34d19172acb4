import assert from "node:assert/strict";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import { FixedAdvisor } from "../failover/fixed_advisor.ts";
import type { Alternative } from "../failover/relay_advisor.ts";
import { ownWays } from "./relay_search.ts";

const PIN = new Uint8Array(32).fill(3);
const [A, B, C] = ["192.0.2.1:1", "[2001:db8::2]:2", "[::1]:3"] as const;

function advising(...relays: Alternative[]): FixedAdvisor {
  const alternatives = (allowed: (addr: string) => boolean) =>
    relays.filter(({ addr }) => allowed(addr));
  return Object.assign(new FixedAdvisor(), { alternatives });
}

const transport = new MemoryTransport();
const ipv4 = await transport.open({ ip: "0.0.0.0", port: 0 });
const both = Object.assign(await transport.open({ ip: "::", port: 0 }), {
  reaches: (ip: string) => ip !== "::1",
});
const advisor = advising({ addr: B, pin: PIN }, { addr: C, pin: PIN }, { addr: A, pin: null });
const allowed = () => true;

Deno.test("an idle phone may go to all of its relays that its socket reaches, in the order of advice", () => {
  const ways = (
    endpoint: typeof ipv4,
  ) => [...ownWays({ advisor, endpoint, pinned: false, allowed }).keys()];
  assert.deepEqual(ways(ipv4), [A]);
  assert.deepEqual(ways(both), [B, A]);
});

Deno.test("who pins goes only where the certificate is known", () => {
  const ways = ownWays({ advisor, endpoint: both, pinned: true, allowed });
  assert.deepEqual([...ways], [[B, { address: { ip: "2001:db8::2", port: 2 }, pin: PIN }]]);
});
