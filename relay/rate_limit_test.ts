import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../quic/manual_clock.ts";
import { type Release, SourceLimit, SourceLimits, TokenBucket } from "./rate_limit.ts";

Deno.test("a source has so many places and gets them back once each", () => {
  const limit = new SourceLimit(2);
  const first = limit.take("192.0.2.1");
  assert(first !== null && limit.take("192.0.2.1") !== null);
  assert.equal(limit.take("192.0.2.1"), null);
  assert(limit.take("192.0.2.2") !== null);
  first();
  first();
  assert.equal(limit.held("192.0.2.1"), 1);
  limit.perSource = 1;
  assert.equal(limit.take("192.0.2.1"), null);
});

Deno.test("all addresses of an IPv6 /64 are one source", () => {
  const limits = new SourceLimits({ handshakes: 1, connections: 2 });
  assert(limits.handshakes.take("2001:db8::1") !== null);
  assert.equal(limits.handshakes.take("2001:db8::ffff:2"), null);
  assert(limits.handshakes.take("2001:db8:0:1::1") !== null);
  assert(limits.connections.take("2001:db8::1") !== null);
});

Deno.test("a source limit agrees with a plain list of who holds what, and forgets who holds nothing", () => {
  const sources = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"];
  const keyOf = (ip: string) => ip.startsWith("2001:db8::") ? "shared" : ip;
  const step = fc.oneof(
    fc.record({ take: fc.constantFrom(...sources) }),
    fc.record({ release: fc.nat(30) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const limit = new SourceLimit(2, 3);
    const held: { key: string; release: Release; open: boolean }[] = [];
    const open = () => held.filter((place) => place.open);
    for (const step of steps) {
      if ("take" in step) {
        const key = keyOf(step.take);
        const mine = open().filter((place) => place.key === key).length;
        const others = new Set(open().map((place) => place.key));
        const allowed = mine < 2 && (mine > 0 || others.size < 3);
        const release = limit.take(step.take);
        assert.equal(release !== null, allowed);
        if (release !== null) held.push({ key, release, open: true });
      } else if (held.length > 0) {
        // Also places that were given back before.
        const place = held[step.release % held.length]!;
        place.release();
        place.open = false;
      }
      assert.equal(limit.sources, new Set(open().map((place) => place.key)).size);
    }
    for (const place of held) place.release();
    assert.equal(limit.sources, 0);
  }));
});

Deno.test("a token bucket allows a burst, then its rate", () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 10, 3);
  assert.deepEqual([1, 2, 3, 4].map(() => bucket.take()), [true, true, true, false]);
  clock.advance(99);
  assert(!bucket.take());
  clock.advance(1);
  assert(bucket.take() && !bucket.take());
  clock.advance(60_000);
  assert(bucket.take(3) && !bucket.take());
  assert.throws(() => new TokenBucket(clock, 0, 1), RangeError);
});

Deno.test("in no stretch of time does a token bucket allow more than its burst and its rate", () => {
  const waits = fc.array(fc.nat(300), { minLength: 1, maxLength: 100 });
  fc.assert(fc.property(waits, (steps) => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 20, 5);
    const allowed: number[] = [];
    for (const wait of steps) {
      clock.advance(wait);
      if (bucket.take()) allowed.push(clock.now());
    }
    for (const [first, from] of allowed.entries()) {
      for (const [last, to] of allowed.entries()) {
        if (last < first) continue;
        const count = last - first + 1;
        assert(count <= 5 + (to - from) * 20 / 1000 + 1e-6, `${count} in ${to - from} ms`);
      }
    }
    // Whoever asks no faster than the rate is never refused.
    if (steps.every((wait) => wait >= 50)) assert.equal(allowed.length, steps.length);
  }));
});
