import assert from "node:assert/strict";
import { addressOf, ratesOf, share } from "./udp_relay.ts";
import type { UdpRelayState } from "./shapes.ts";

const STATE: UdpRelayState = {
  listen: "0.0.0.0:51820",
  groups: 1,
  keys: 2,
  peers: [],
  peersTotal: 0,
  sessions: 0,
  blocked: [],
  packetsIn: 1_000,
  bytesIn: 100_000,
  packetsForwarded: 800,
  bytesForwarded: 80_000,
  drops: { rate: 200 },
};

Deno.test("rates are what was counted between two readings, a second", () => {
  const before = { at: 1_000, state: STATE };
  const state = { ...STATE, packetsIn: 1_100, packetsForwarded: 850, bytesIn: 110_000 };
  assert.deepEqual(ratesOf(before, { at: 3_000, state }), {
    packetsIn: 50,
    packetsForwarded: 25,
    bytesIn: 5_000,
    bytesForwarded: 0,
  });
});

Deno.test("there is no rate from one reading, in no time and after a restart", () => {
  const now = { at: 1_000, state: STATE };
  assert.equal(ratesOf(null, now), null);
  assert.equal(ratesOf(now, now), null);
  assert.equal(ratesOf(now, { at: 2_000, state: { ...STATE, packetsIn: 3 } }), null);
});

Deno.test("a share is of what came in, and of nothing there is none", () => {
  assert.equal(share(200, STATE), 20);
  assert.equal(share(0, { packetsIn: 0 }), null);
});

Deno.test("an address is an endpoint without its port", () => {
  assert.equal(addressOf("203.0.113.7:41000"), "203.0.113.7");
  assert.equal(addressOf("[2001:db8::1]:41000"), "2001:db8::1");
});
