import assert from "node:assert/strict";
import fc from "fast-check";
import type { LinkClaim } from "./relay_facts.ts";
import { bothClaim, type ClaimsOf, shortestWays, UNKNOWN_RTT_MS } from "./ways.ts";

/** `a>b 20` is what a says of b, `legacy` or `?` in place of a round trip. */
function claimsOf(text: string): ClaimsOf {
  const claims = new Map<string, Map<string, LinkClaim>>();
  for (const line of text.split(",")) {
    const [, from, to, figure] = /^\s*(\w)(?:>(\w) (\S+))?\s*$/.exec(line)!;
    const mine = claims.get(from!) ?? new Map<string, LinkClaim>();
    claims.set(from!, mine);
    if (to === undefined) continue;
    const legacy = figure === "legacy";
    const rttMs = legacy || figure === "?" ? null : Number(figure);
    mine.set(to, { rttMs, lossPct: null, legacy });
  }
  return (relay) => claims.get(relay);
}

const pathOf = (claims: ClaimsOf, to: string) => {
  const ways = shortestWays("s", claims);
  const path = [];
  for (let at = ways.has(to) ? to : "s"; at !== "s"; at = ways.get(at)!.previous) path.unshift(at);
  return path.join("");
};

Deno.test("a link counts when both ends say that it is there", () => {
  assert.equal(pathOf(claimsOf("s>a 1, a>s 1"), "a"), "a");
  for (const half of ["s>a 1, a", "s, a>s 1", "s>a legacy, a>s 1", "s>a 1, a>s legacy"]) {
    assert.equal(pathOf(claimsOf(half), "a"), "");
    assert.equal(bothClaim(claimsOf(half), "s", "a"), false);
  }
  assert.equal(bothClaim(claimsOf("s>a 1, a>s 1"), "a", "s"), true);
});

Deno.test("an original relay is reached through who says so, and nothing is reached through it", () => {
  const claims = claimsOf("s>a 1, a>s 1, a>x legacy, b>x legacy, b>c 1, c>b 1");
  assert.equal(pathOf(claims, "x"), "ax");
  assert.equal(pathOf(claims, "b"), "");
  assert.equal(bothClaim(claims, "a", "x"), false);
});

Deno.test("who calls a relay that speaks for itself an original one leads nowhere", () => {
  assert.equal(pathOf(claimsOf("s>a 1, a>s 1, a>b legacy, b>a 1"), "b"), "");
});

Deno.test("fewest hops come first, then the least round trip, then the name", () => {
  const detour = "s>a 1, a>s 1, a>b 1, b>a 1, b>d 1, d>b 1, s>c 500, c>s 500, c>d 500, d>c 500";
  assert.equal(pathOf(claimsOf(detour), "d"), "cd");
  const both = (a: number | string, b: number | string) =>
    claimsOf(`s>a ${a}, a>s ${a}, a>d 1, d>a 1, s>b ${b}, b>s ${b}, b>d 1, d>b 1`);
  assert.equal(pathOf(both(20, 10), "d"), "bd");
  assert.equal(pathOf(both(10, 20), "d"), "ad");
  assert.equal(pathOf(both(10, 10), "d"), "ad");
  assert.equal(pathOf(both("?", 900), "d"), "bd");
  assert.equal(pathOf(both("?", UNKNOWN_RTT_MS + 1), "d"), "ad");
});

Deno.test("each end's measurement counts half, and one alone counts whole", () => {
  const ways = shortestWays("s", claimsOf("s>a 10, a>s 30, s>b ?, b>s 7"));
  assert.deepEqual([ways.get("a")?.rttMs, ways.get("b")?.rttMs], [20, 7]);
});

Deno.test("ways are as short as can be, whatever anybody says", () => {
  const relays = ["s", "a", "b", "c", "d", "e"];
  const name = fc.constantFrom(...relays);
  const figure = fc.constantFrom("5", "50", "?", "legacy");
  const claim = fc.tuple(name, name, figure).filter(([from, to]) => from !== to);
  fc.assert(fc.property(fc.array(claim, { maxLength: 30 }), (said) => {
    const claims = claimsOf(["s", ...said.map(([a, b, rtt]) => `${a}>${b} ${rtt}`)].join(","));
    const ways = shortestWays("s", claims);
    const leads = (from: string, to: string) =>
      claims(to) === undefined
        ? claims(from)?.get(to)?.legacy === true
        : bothClaim(claims, from, to);
    const hops = new Map([["s", 0]]);
    for (const [at, before] of hops) {
      for (const to of relays) if (!hops.has(to) && leads(at, to)) hops.set(to, before + 1);
    }
    hops.delete("s");
    assert.deepEqual(new Map([...ways].map(([to, way]) => [to, way.hops])), hops);
    for (const [to, { previous, first, hops }] of ways) {
      assert.ok(leads(previous, to));
      assert.equal(hops, 1 + (ways.get(previous)?.hops ?? 0));
      assert.equal(first, ways.get(previous)?.first ?? to);
    }
  }));
});
