import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { parseSocketAddress } from "../../proto/socket_address.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { parseClientArguments } from "../arguments.ts";
import { TestingSignalRelay } from "../calls/testing_signal_relay.ts";
import type { ClientSocket } from "../socket.ts";
import { addressesSeen, reflexive } from "./reflexive.ts";
import type { RelayState } from "./relay_states.ts";

function state(addr: string, rttMs: number | null, reachable = true): RelayState {
  const relay = {
    addr,
    name: addr,
    region: null,
    pin: null,
    takesClients: true,
    draining: false,
    udpPort: null,
    source: "configured" as const,
  };
  return { relay, rttMs, reachable, problem: null, full: false };
}

const RELAYS = [
  state("[2001:db8::a]:1", 5),
  state("192.0.2.3:1", null),
  state("192.0.2.2:1", 20),
  state("192.0.2.1:1", 10),
  state("192.0.2.9:1", 1, false),
  state("[2001:db8::b]:1", 3),
];

/** What is seen of a socket, in the order in which relays are asked. */
async function asked(seen: string[], states = RELAYS, more: Partial<ClientSocket> = {}) {
  const clock = new ManualClock();
  const relay = new TestingSignalRelay(clock);
  relay.seen = seen.map((text) => parseSocketAddress(text)!);
  const endpoint = Object.assign(await relay.transport.open({ ip: "0.0.0.0", port: 0 }), more);
  const args = parseClientArguments(["netcheck", "192.0.2.1:1"]);
  const result = await reflexive({ endpoint, clock, crypto: nodeCrypto, args }, states);
  return { ...result, dials: relay.transport.dials.map(({ address }) => address.ip) };
}

const both = { reaches: () => true };

Deno.test("over a socket for both families relays of both are asked, and IPv4 says what the NAT is", async () => {
  const result = await asked(
    [
      ...["198.51.100.1:7", "198.51.100.1:7", "198.51.100.1:8"],
      ...["[2001:db8::1]:7", "[2001:db8::1]:7"],
    ],
    RELAYS,
    both,
  );
  const ipv4 = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
  assert.deepEqual(result.dials, [...ipv4, "2001:db8::b", "2001:db8::a"]);
  assert.deepEqual([result.verdict.type, result.natType], ["SymmetricPort", "symmetric"]);
  assert.deepEqual(addressesSeen(result), [
    ...["198.51.100.1:7", "198.51.100.1:8", "[2001:db8::1]:7"],
  ]);
  assert.deepEqual(result.observed.get("[2001:db8::a]:1"), { ip: "2001:db8::1", port: 7 });
});

Deno.test("where only IPv6 relays answer, what they saw is judged", async () => {
  const ipv6 = RELAYS.filter(({ relay: { addr } }) => addr.startsWith("["));
  const result = await asked(["[2001:db8::1]:7"], ipv6, both);
  assert.deepEqual([result.verdict.type, result.natType], ["Cone", "cone"]);
  assert.deepEqual(result.verdict.address, { ip: "2001:db8::1", port: 7 });
});

Deno.test("over a socket for one family the relays of the other one are not asked", async () => {
  const result = await asked(["198.51.100.1:7"]);
  assert.deepEqual(result.dials, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  assert.equal(result.natType, "cone");
});

Deno.test("the nearest four of a family are enough", async () => {
  const many = Array.from({ length: 9 }, (_, i) => state(`192.0.2.${i + 1}:1`, 9 - i));
  const result = await asked(["198.51.100.1:7"], many, both);
  assert.deepEqual(result.dials, ["192.0.2.9", "192.0.2.8", "192.0.2.7", "192.0.2.6"]);
});
