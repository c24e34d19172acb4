/** Rates, blocks and bounds: what one source may do, what many forged ones cannot, and what an operator decides. */
import assert from "node:assert/strict";
import { MAX_KEYS } from "./key_ring.ts";
import { MAX_BLOCKED, MAX_OPERATOR_BLOCKS, MAX_SOURCES, Sources } from "./sources.ts";
import { initiation, keyOf, response, TestRelay, transport } from "./testing_wireguard.ts";

const [A, B, C] = [keyOf(1), keyOf(2), keyOf(3)];
const PAIR = [{ name: "pair", keys: [A, B] }];
const ann = { at: "192.0.2.1:1000", key: A, index: 0xa0000001 };
const ben = { at: "192.0.2.2:2000", key: B, index: 0xb0000001 };
const GARBAGE = new Uint8Array(100);

function talking(options = {}): TestRelay {
  const relay = new TestRelay(PAIR, options);
  relay.send(ben.at, initiation(A, 1));
  relay.handshake(ann, ben);
  return relay;
}

/** Sends the same so often; how often each thing became of it. */
function flood(relay: TestRelay, from: string, bytes: Uint8Array, times: number) {
  const outcomes: Record<string, number> = {};
  for (let i = 0; i < times; i++) {
    const outcome = relay.send(from, bytes);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return outcomes;
}

Deno.test("a source may send so many packets and bytes a second, and all its ports count together", () => {
  const relay = talking({ packetsPerSecond: 200, bytesPerSecond: 300_000 });
  relay.pass(1_000);
  assert.deepEqual(flood(relay, ann.at, transport(ben.index, 1, 32), 150), {
    [ben.at]: 100,
    rate: 50,
  });
  relay.pass(100);
  assert.deepEqual(flood(relay, ann.at, transport(ben.index, 1, 32), 50), {
    [ben.at]: 20,
    rate: 30,
  });
  relay.pass(10_000);
  const large = flood(relay, ann.at, transport(ben.index, 1, 1_504), 100);
  assert.equal(large[ben.at], Math.floor(150_000 / 1_504));
  // The other way has its own.
  assert.deepEqual(flood(relay, ben.at, transport(ann.index, 1, 32), 10), { [ann.at]: 10 });
});

Deno.test("addresses of one /64 are one source", () => {
  const relay = new TestRelay(PAIR);
  for (let i = 1; i <= 600; i++) relay.send(`[2001:db8::${i.toString(16)}]:1`, GARBAGE);
  assert.equal(relay.view().blocked.length, 1);
  assert.equal(relay.send("[2001:db8::ffff]:1", GARBAGE), "blocked");
  assert.equal(relay.send("[2001:db8:0:1::1]:1", GARBAGE), "malformed");
});

Deno.test("handshakes are few: of one source, and for one key from all who have proven nothing", () => {
  const relay = talking({ maxPeers: 1_000 });
  relay.pass(1_000);
  const one = flood(relay, "198.51.100.1:1", initiation(B, 1), 400);
  assert.equal(one["rate"], 300);
  relay.pass(10_000);
  const before = relay.view().drops["rate"]!;
  for (let i = 0; i < 300; i++) relay.send(`198.51.${i >> 8}.${i & 255}:1`, initiation(B, i));
  assert.equal(relay.view().drops["rate"]! - before, 200);
  assert.equal(relay.send(ann.at, initiation(B, 500)), ben.at);
});

Deno.test("of who is not known only so many keys are tried a second, and the known are not concerned", () => {
  const crowd = Array.from({ length: 5_000 }, (_, i) => keyOf(1_000 + i));
  const relay = new TestRelay([...PAIR, { name: "a", keys: crowd.slice(0, 250) }]);
  for (let i = 0; i < 20; i++) {
    const keys = crowd.slice(250 * i, 250 * (i + 1));
    relay.forwarder.groups(
      "party",
      Array.from(
        { length: i + 1 },
        (_, j) => ({ name: `${j}`, keys: j === i ? keys : crowd.slice(250 * j, 250 * (j + 1)) }),
      ),
      relay.now,
    );
  }
  assert.equal(relay.view().keys, 5_002);
  relay.send(ben.at, initiation(A, 1));
  relay.handshake(ann, ben);
  const outcomes = new Map<string, number>();
  for (let i = 0; i < 40; i++) {
    const outcome = relay.send(`198.51.100.${i}:1`, initiation(C, i));
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  assert.ok(outcomes.get("no_group")! <= 10 && outcomes.get("rate")! >= 30);
  assert.equal(relay.send(ann.at, initiation(B, 7)), ben.at);
  relay.pass(1_000);
  // One source gets its part, and leaves the rest to others.
  assert.deepEqual(flood(relay, "198.51.100.99:1", initiation(C, 1), 9), { no_group: 3, rate: 6 });
  assert.equal(relay.send("198.51.100.98:1", initiation(C, 1)), "no_group");
});

Deno.test("who sends what is no WireGuard is blocked for 10 s, then for 20, and a day later for 10 again", () => {
  const relay = talking();
  const eve = "198.51.100.66:6666";
  const lasts = () => Math.round((relay.view().blocked[0]!.until! - relay.now) / 1_000);
  assert.deepEqual(flood(relay, eve, GARBAGE, 600), { malformed: 501, blocked: 99 });
  assert.deepEqual(
    relay.view().blocked.map(({ ip, by, reason }) => ({ ip, by, reason })),
    [{ ip: "198.51.100.66", by: "automatic", reason: "no WireGuard messages" }],
  );
  assert.equal(lasts(), 10);
  // All of the source, not the port alone.
  assert.equal(relay.send("198.51.100.66:1", transport(1, 1)), "blocked");
  relay.pass(10_000);
  assert.deepEqual(relay.view().blocked, []);
  flood(relay, eve, GARBAGE, 600);
  assert.equal(lasts(), 20);
  relay.pass(24 * 3_600_000);
  flood(relay, eve, GARBAGE, 600);
  assert.equal(lasts(), 10);
});

Deno.test("blocks grow to an hour and not further", () => {
  const relay = new TestRelay(PAIR);
  for (let i = 0; i < 12; i++) {
    flood(relay, "198.51.100.66:1", GARBAGE, 600);
    const [block] = relay.view().blocked;
    assert.equal(block!.until! - relay.now, Math.min(3_600_000, 10_000 * 2 ** i));
    relay.pass(block!.until! - relay.now);
  }
});

Deno.test("what an honest peer sends into a relay that was restarted does not block it", () => {
  const relay = new TestRelay(PAIR);
  for (let ms = 0; ms < 15_000; ms += 1_000) {
    flood(relay, ann.at, transport(1, ms), 5_000);
    relay.pass(1_000);
  }
  assert.deepEqual(relay.view().blocked, []);
});

Deno.test("who has a proven peer is not blocked for what others send in its name, unless the operator does", () => {
  const relay = talking();
  flood(relay, ann.at.replace("1000", "1"), GARBAGE, 5_000);
  assert.equal(relay.send(ann.at, transport(ben.index, 1)), ben.at);
  relay.forwarder.block("192.0.2.1", 5_000, relay.now);
  assert.equal(relay.send(ann.at, transport(ben.index, 2)), "blocked");
  assert.equal(relay.send(ben.at, transport(ann.index, 1)), "blocked");
  relay.pass(5_000);
  assert.equal(relay.send(ann.at, transport(ben.index, 3)), ben.at);
});

Deno.test("who was blocked for what others forged in its name meets its partner all the same", () => {
  const relay = new TestRelay(PAIR);
  for (const { at } of [ann, ben]) {
    flood(relay, at, GARBAGE, 600);
    assert.equal(relay.send(at.replace(/:.*/, ":7"), transport(1, 1)), "blocked");
  }
  assert.equal(relay.view().blocked.length, 2);
  assert.equal(relay.send(ben.at, initiation(A, 1)), "no_endpoint");
  assert.deepEqual(relay.handshake(ann, ben), [ben.at, ann.at, ben.at]);
  relay.pass(1_000);
  // Now that both are proven there is no block any more.
  assert.deepEqual(relay.view().blocked, []);
});

Deno.test("handshakes for nobody, forged in the name of a proven peer, leave it its own", () => {
  const relay = talking();
  relay.pass(1_000);
  assert.deepEqual(flood(relay, ann.at, initiation(C, 9), 1_000), { no_group: 1_000 });
  assert.equal(relay.send(ann.at, initiation(B, 500)), ben.at);
  // Trying them is not for nothing, so it has an end.
  assert.ok(flood(relay, ann.at, initiation(C, 9), 20_000)["rate"]! > 0);
});

Deno.test("newcomers do not lose their places to the memory of forged sources that were blocked", () => {
  const sources = new Sources({ packetsPerSecond: 1, bytesPerSecond: 1 }, 0);
  for (let i = 0; i < MAX_SOURCES; i++) {
    const ip = `198.18.${i >> 8}.${i & 255}`;
    sources.bad(sources.of(ip, 0), ip, 1_000, "forged", 0);
  }
  assert.equal(sources.of("192.0.2.1", 0), sources.of("192.0.2.2", 0));
  sources.sweep(11_000);
  assert.notEqual(sources.of("192.0.2.1", 11_000), sources.of("192.0.2.2", 11_000));
});

Deno.test("an operator blocks for ever and lifts any block; addresses mapped to IPv6 are the same", () => {
  const relay = talking();
  relay.forwarder.block("192.0.2.1", null, relay.now);
  assert.deepEqual(relay.view().blocked, [
    { ip: "192.0.2.1", by: "operator", reason: "blocked by the operator", until: null },
  ]);
  relay.pass(3_600_000);
  assert.equal(relay.send("[::ffff:192.0.2.1]:1", GARBAGE), "blocked");
  assert.equal(relay.forwarder.unblock("192.0.2.1"), true);
  assert.equal(relay.forwarder.unblock("192.0.2.1"), false);
  assert.equal(relay.send("[::ffff:192.0.2.1]:1", GARBAGE), "malformed");
  flood(relay, "198.51.100.66:1", GARBAGE, 600);
  assert.equal(relay.forwarder.unblock("198.51.100.66"), true);
  assert.equal(relay.send("198.51.100.66:1", GARBAGE), "malformed");
});

Deno.test("forged sources fill no table, and those who talk do not notice", () => {
  const relay = talking();
  for (let i = 0; i < 40_000; i++) {
    relay.forwarder.receive(GARBAGE, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1, relay.now);
  }
  assert.equal(relay.forwarder.sizes.sources, MAX_SOURCES);
  assert.equal(relay.send(ann.at, transport(ben.index, 1)), ben.at);
  // Even somebody new is let in.
  assert.equal(relay.send("203.0.113.4:4", initiation(A, 9)), ann.at);
  relay.pass(20_000);
  assert.ok(relay.forwarder.sizes.sources <= 3);
});

Deno.test("blocks are bounded, the operator's apart from the others", () => {
  const relay = new TestRelay(PAIR);
  const address = (i: number) => `10.9.${i >> 8}.${i & 255}`;
  for (let i = 0; i < MAX_BLOCKED + 10; i++) {
    for (let j = 0; j < 502; j++) relay.forwarder.receive(GARBAGE, address(i), 1, relay.now);
  }
  assert.equal(relay.view().blocked.length, MAX_BLOCKED);
  for (let i = 0; i < MAX_OPERATOR_BLOCKS + 5; i++) {
    relay.forwarder.block(`172.16.${i >> 8}.${i & 255}`, null, relay.now);
  }
  assert.equal(relay.view().blocked.length, MAX_BLOCKED + MAX_OPERATOR_BLOCKS);
  assert.equal(relay.send("172.16.0.0:1", GARBAGE), "malformed");
  assert.equal(relay.send("172.16.0.5:1", GARBAGE), "blocked");
});

Deno.test("when there are too many peers, those who have proven nothing make way, the others do not", () => {
  const relay = talking({ maxPeers: 4 });
  relay.send("198.51.100.1:1", initiation(B, 1));
  relay.send("198.51.100.2:1", initiation(B, 1));
  assert.equal(relay.send("198.51.100.3:1", initiation(B, 1)), "peers_full");
  relay.pass(1_000);
  assert.equal(relay.send("198.51.100.3:1", initiation(B, 1)), ben.at);
  assert.equal(relay.peer("198.51.100.1:1"), undefined);
  assert.equal(relay.peer(ann.at)?.verified, true);
  assert.equal(relay.send("203.0.113.9:9", transport(ben.index, 5)), ben.at);
  assert.equal(relay.send("203.0.113.9:10", transport(ben.index, 6)), "peers_full");
});

Deno.test("sessions and handshakes under way are bounded", () => {
  const relay = talking({ maxPeers: 4 });
  for (let i = 0; i < 50; i++) {
    relay.handshake({ ...ann, index: 100 + i }, { ...ben, index: 200 + i });
    relay.pass(100);
  }
  // The one in use, the one before and the one to come.
  assert.equal(relay.view().sessions, 3);
  assert.equal(relay.send(ann.at, transport(249, 1)), ben.at);
  assert.equal(relay.send(ann.at, transport(246, 1)), "unknown_index");
  relay.pass(10_000);
  for (let i = 0; i < 30; i++) relay.send(ann.at, initiation(B, 1_000 + i));
  assert.equal(relay.forwarder.sizes.pending, 30);
  relay.pass(6_000);
  assert.equal(relay.forwarder.sizes.pending, 0);
});

Deno.test("of the indices that somebody repeats the first one counts", () => {
  const relay = talking();
  const eve = "198.51.100.66:6666";
  relay.send(ann.at, initiation(B, 77));
  relay.send(eve, initiation(B, 77));
  assert.equal(relay.send(ben.at, response(A, 78, 77)), ann.at);
  assert.equal(relay.send(ann.at, transport(78, 0)), ben.at);
});

Deno.test("keys are bounded whatever a registry says, and what is no key is left out", () => {
  const relay = new TestRelay(PAIR);
  const groups = Array.from({ length: 90 }, (_, i) => ({
    name: `${i}`,
    keys: Array.from({ length: 300 }, (_, j) => keyOf(10_000 + 300 * i + j)),
  }));
  relay.forwarder.groups("party", [...groups, { name: "bad", keys: ["?", "AAAA", A] }], relay.now);
  assert.equal(relay.view().keys, MAX_KEYS);
  assert.equal(relay.send(ann.at, initiation(B, 1)), "no_endpoint");
});
