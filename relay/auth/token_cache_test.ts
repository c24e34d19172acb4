import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import { TokenCache } from "./token_cache.ts";

const good = (fingerprint: string) => ({ ok: true, fingerprint, alias: null }) as const;

Deno.test("a good token is remembered for its time and not longer, also when that is shortened", () => {
  const clock = new ManualClock();
  const cache = new TokenCache(clock, 10);
  cache.put("k", good("a"));
  clock.advance(29_999);
  assert.deepEqual(cache.get("k", 30_000), good("a"));
  assert.equal(cache.get("k", 10_000), null);
  clock.advance(1);
  assert.equal(cache.get("k", 30_000), null);
  cache.put("k", good("b"));
  assert.equal(cache.get("k", 0), null);
  assert.deepEqual(cache.get("k", 30_000), good("b"));
});

Deno.test("the cache agrees with a list of what was stored, of which the last few count", () => {
  const step = fc.record({
    key: fc.constantFrom("a", "b", "c", "d", "e"),
    put: fc.boolean(),
    wait: fc.nat(50),
  });
  fc.assert(fc.property(fc.array(step), fc.integer({ min: 1, max: 4 }), (steps, max) => {
    const clock = new ManualClock();
    const cache = new TokenCache(clock, max);
    let stored: { key: string; name: string; at: number }[] = [];
    for (const [index, { key, put, wait }] of steps.entries()) {
      if (put) {
        cache.put(key, good(`n${index}`));
        stored = stored.filter((entry) => entry.key !== key);
        stored.push({ key, name: `n${index}`, at: clock.now() });
        stored = stored.slice(-max);
      }
      clock.advance(wait);
      for (const known of ["a", "b", "c", "d", "e"]) {
        const entry = stored.find((entry) => entry.key === known);
        const fresh = entry !== undefined && clock.now() - entry.at < 100;
        assert.equal(cache.get(known, 100)?.fingerprint, fresh ? entry.name : undefined);
      }
      assert(cache.size <= max);
    }
  }));
});
