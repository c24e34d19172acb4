import assert from "node:assert/strict";
import fc from "fast-check";
import { NOBODY, OWN, OWN_REMEMBERED_MS, RecentPackets } from "./recent_packets.ts";

const packet = (...bytes: number[]) => Uint8Array.from(bytes);

Deno.test("whoever brings a packet first is remembered for two seconds", () => {
  const recent = new RecentPackets(1);
  assert.equal(recent.first(packet(1, 2), 7, 1_000), NOBODY);
  assert.equal(recent.first(packet(1, 2), 8, 1_500), 7);
  assert.equal(recent.first(packet(1, 2), 8, 2_999), 7);
  assert.equal(recent.first(packet(1, 2), 8, 3_000), NOBODY);
  assert.equal(recent.first(packet(1, 2), 7, 3_001), 8);
});

Deno.test("one's own packets are known, and others are others", () => {
  const recent = new RecentPackets(1);
  recent.first(packet(1, 2, 3), OWN, 0);
  assert.equal(recent.first(packet(1, 2, 3), 1, 5), OWN);
  assert.equal(recent.first(packet(1, 2, 3), 1, OWN_REMEMBERED_MS - 1), OWN);
  for (const other of [packet(1, 2), packet(1, 2, 4), packet(2, 1, 3), packet(1, 2, 3, 0)]) {
    assert.equal(recent.first(other, 1, 5), NOBODY);
  }
});

Deno.test("a loud room is remembered whole, and a flood takes no more memory and forgets the oldest", () => {
  const recent = new RecentPackets(42);
  const numbered = (n: number) => packet(n >> 24, n >> 16, n >> 8, n, 9, 9);
  for (let n = 0; n < 4_000; n++) recent.first(numbered(n), 1, n / 2);
  let known = 0;
  for (let n = 0; n < 4_000; n++) if (recent.first(numbered(n), 2, 1_999) === 1) known++;
  assert.ok(known > 3_900, `${known} of 4000`);
  for (let n = 0; n < 100_000; n++) recent.first(numbered(n), 1, 2_000 + n / 1_000);
  assert.equal(recent.first(numbered(99_999), 2, 2_101), 1);
});

Deno.test("random packets are never taken for one another", () => {
  const recent = new RecentPackets(3);
  const seen = new Set<string>();
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(fc.property(bytes, (random) => {
    const known = seen.has(random.toHex());
    const first = recent.first(random, 1, 0);
    if (!known) assert.equal(first, NOBODY);
    seen.add(random.toHex());
  }));
});
