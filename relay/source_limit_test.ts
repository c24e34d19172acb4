import assert from "node:assert/strict";
import fc from "fast-check";
import { type Release, SourceLimit } from "./source_limit.ts";

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
  const limit = new SourceLimit(1);
  assert(limit.take("2001:db8::1") !== null);
  assert.equal(limit.take("2001:db8::ffff:2"), null);
  assert(limit.take("2001:db8:0:1::1") !== null);
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
