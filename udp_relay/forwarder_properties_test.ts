/** What holds whatever comes: nothing is lost from the books, nobody is sent more than is his, nothing grows. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { UdpRelayView } from "../relay/ports/udp_relay.ts";
import {
  cookieReply,
  initiation,
  keyOf,
  response,
  TestRelay,
  textOf,
  transport,
} from "./testing_wireguard.ts";

const KEYS = [1, 2, 3, 4, 5].map(keyOf);
const [A, B, C, D, E] = KEYS as [string, string, string, string, string];
const GROUPS = [
  { name: "pair", keys: [A, B] },
  { name: "three", keys: [B, C, D] },
  { name: "alone", keys: [E] },
];
const ADDRESSES = [
  "192.0.2.1",
  "192.0.2.2",
  "::ffff:192.0.2.3",
  "2001:db8::1",
  "2001:db8::2",
  "2001:db8:1::1",
];

const address = fc.record({
  ip: fc.constantFrom(...ADDRESSES),
  port: fc.integer({ min: 1, max: 4 }),
});
const index = fc.integer({ min: 0, max: 5 });
const key = fc.constantFrom(...KEYS);
const message = fc.oneof(
  fc.tuple(key, index).map(([to, own]) => initiation(to, own)),
  fc.tuple(key, index, index).map(([to, own, receiver]) => response(to, own, receiver)),
  index.map(cookieReply),
  fc.tuple(index, fc.integer({ min: 0, max: 20 }), fc.constantFrom(32, 48, 1024))
    .map(([receiver, counter, length]) => transport(receiver, counter, length)),
  fc.uint8Array({ maxLength: 200 }),
);
/** A packet, or with `ms` a while without one. */
const step = fc.record({
  from: address,
  bytes: message,
  ms: fc.oneof(
    { weight: 9, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 150_000 }) },
  ),
});

function balanced({ packetsIn, packetsForwarded, drops }: UdpRelayView): boolean {
  return packetsIn === packetsForwarded + Object.values(drops).reduce((a, b) => a + b);
}

Deno.test("bytes of any kind from anywhere are dropped or forwarded once, and do no harm", () => {
  const first = fc.constantFrom(...[0, 1, 2, 3, 4, 5, 255].map((type) => [type, 0, 0, 0]));
  const length = fc.oneof(fc.constantFrom(31, 32, 64, 92, 148), fc.nat({ max: 2_000 }));
  const near = fc.tuple(first, length, fc.nat()).map(([head, size, seed]) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (seed + i * 31) & 255);
    bytes.set(head.slice(0, size));
    return bytes;
  });
  const relay = new TestRelay(GROUPS);
  fc.assert(
    fc.property(
      address,
      fc.oneof(near, fc.uint8Array({ maxLength: 300 })),
      ({ ip, port }, bytes) => {
        const copy = bytes.slice();
        relay.forwarder.receive(bytes, ip, port, relay.now);
        assert.deepEqual(bytes, copy);
        assert.ok(balanced(relay.view()));
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("in is forwarded and dropped, the unproven get no more than they sent, receivers have spoken, all is bounded", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const relay = new TestRelay(GROUPS, { maxPeers: 6 });
      const sent = new Map<string, number>();
      const got = new Map<string, number>();
      const proven = new Set<string>();
      const grow = (of: Map<string, number>, at: string, bytes: number) =>
        of.set(at, (of.get(at) ?? 0) + bytes);
      let forwarded = 0;
      for (const { from, bytes, ms } of steps) {
        if (ms > 0) relay.pass(ms);
        const to = relay.forwarder.receive(bytes, from.ip, from.port, relay.now);
        grow(sent, textOf(from), bytes.length);
        for (const { endpoint, verified } of relay.view().peers) if (verified) proven.add(endpoint);
        if (to !== null) {
          forwarded += bytes.length;
          const at = textOf(to);
          assert.notEqual(at, textOf(from));
          grow(got, at, bytes.length);
          assert.ok(sent.has(at), `${at} has never said anything`);
          assert.ok(proven.has(at) || got.get(at)! <= sent.get(at)!, `${at} got more than it sent`);
        }
        const { peers, sessions, pending, sources } = relay.forwarder.sizes;
        assert.ok(peers <= 6 && sessions <= 24 && pending <= 24 && sources <= ADDRESSES.length);
        assert.ok(balanced(relay.view()));
      }
      assert.equal(relay.view().bytesForwarded, forwarded);
      relay.pass(3_700_000);
      assert.deepEqual(relay.forwarder.sizes, { peers: 0, sessions: 0, pending: 0, sources: 0 });
    }),
    { numRuns: 300 },
  );
});
