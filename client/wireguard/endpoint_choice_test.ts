import assert from "node:assert/strict";
import fc from "fast-check";
import {
  chooseEndpoint,
  meetDirectly,
  type NatKind,
  type Side,
  type UdpRelay,
} from "./endpoint_choice.ts";

const relay = (addr: string, more: Partial<UdpRelay> = {}): UdpRelay => {
  return { addr, udpPort: 51_820, draining: false, ...more };
};
const side = (rtts: Record<string, number>, more: Partial<Side> = {}): Side => {
  return { natType: "symmetric", endpoints: [], rtts, ...more };
};
const A = "10.0.0.1:4433";
const B = "10.0.0.2:4433";
const C = "[2001:db8::1]:4433";
const RELAYS = [relay(A), relay(B), relay(C, { udpPort: 7 })];

const KINDS: readonly NatKind[] = ["open", "cone", "symmetric", "unknown"];

Deno.test("a direct way is taken where one side is open or both are cones, and both sides agree on it", () => {
  assert.deepEqual(KINDS.map((kind) => meetDirectly("cone", kind)), [true, true, false, false]);
  assert.deepEqual(KINDS.map((kind) => meetDirectly("symmetric", kind)), [
    true,
    false,
    false,
    false,
  ]);
  for (const a of KINDS) {
    for (const b of KINDS) assert.equal(meetDirectly(a, b), meetDirectly(b, a));
  }
  const own = side({ [A]: 5 }, { natType: "cone" });
  const peer = side({ [A]: 5 }, {
    natType: "open",
    endpoints: ["192.0.2.7:51820", "10.1.1.1:51820"],
  });
  const choice = chooseEndpoint(own, peer, RELAYS)!;
  assert.deepEqual([choice.endpoint, choice.via, choice.relay], [
    "192.0.2.7:51820",
    "direct",
    null,
  ]);
  const mute = { ...peer, endpoints: [] };
  assert.equal(chooseEndpoint(own, mute, RELAYS)!.via, "relay");
});

Deno.test("else the relay with the least sum, at its UDP port", () => {
  const choice = chooseEndpoint(
    side({ [A]: 5, [B]: 30, [C]: 20 }),
    side({ [A]: 90, [B]: 30, [C]: 20 }),
    RELAYS,
  )!;
  assert.deepEqual([choice.endpoint, choice.relay], ["[2001:db8::1]:7", C]);
  assert.equal(choice.reason, "least sum of both sides, 40 ms");
});

Deno.test("of equal sums the smaller address counts, whatever the order", () => {
  const own = side({ [A]: 10, [B]: 20 });
  const peer = side({ [A]: 20, [B]: 10 });
  for (const relays of [RELAYS, RELAYS.toReversed()]) {
    assert.equal(chooseEndpoint(own, peer, relays)!.relay, A);
  }
});

Deno.test("without figures of the peer our nearest counts, without ours none", () => {
  const alone = chooseEndpoint(side({ [A]: 50, [B]: 30 }), side({}), RELAYS)!;
  assert.equal(alone.relay, B);
  assert.match(alone.reason, /nearest to us, 30 ms/);
  assert.equal(chooseEndpoint(side({}), side({ [A]: 1 }), RELAYS), null);
});

Deno.test("relays that drain, or that nobody lists, do not count", () => {
  const own = side({ [A]: 1, [B]: 30, "10.9.9.9:1": 1 });
  const relays = [relay(A, { draining: true }), relay(B)];
  assert.equal(chooseEndpoint(own, own, relays)!.relay, B);
});

Deno.test("two peers with the same list always come to the same relay", () => {
  const rtts = fc.dictionary(fc.constantFrom(A, B, C), fc.nat(5), { noNullPrototype: true });
  fc.assert(fc.property(rtts, rtts, fc.shuffledSubarray(RELAYS), (mine, theirs, relays) => {
    const one = chooseEndpoint(side(mine), side(theirs), relays);
    const other = chooseEndpoint(
      side(theirs),
      side(mine),
      RELAYS.filter((r) => relays.includes(r)),
    );
    const common = relays.some(({ addr }) =>
      mine[addr] !== undefined && theirs[addr] !== undefined
    );
    if (common) assert.equal(one!.endpoint, other!.endpoint);
  }));
});
