/** The shortest ways through a mesh, from what every relay says of its links. */
import type { RelayKey } from "../link.ts";
import type { LinkClaims } from "./relay_facts.ts";

/** What a relay says of its links; undefined for one that said nothing. */
export type ClaimsOf = (relay: RelayKey) => LinkClaims | undefined;

/** How a relay is reached from here. */
export interface Way {
  readonly hops: number;
  /** Of all links on the way; what was not measured counts as `UNKNOWN_RTT_MS`. */
  readonly rttMs: number;
  /** The neighbour through which it goes. */
  readonly first: RelayKey;
  /** The relay before it on the way; this one for neighbours. */
  readonly previous: RelayKey;
}

/** A link nobody measured is taken when there is no other of as few hops, or those are very slow. */
export const UNKNOWN_RTT_MS = 1_000;

/** Whether two relays have a link of which both say that it is there. Legacy links are none. */
export function bothClaim(claims: ClaimsOf, a: RelayKey, b: RelayKey): boolean {
  return claims(a)?.get(b)?.legacy === false && claims(b)?.get(a)?.legacy === false;
}

/**
 * To every relay that can be reached: fewest hops, then least round trip, then by name, so that the same mesh gives
 * the same ways. A relay of the original kind is reached when one end says so, and nothing is reached through it.
 */
export function shortestWays(self: RelayKey, claims: ClaimsOf): Map<RelayKey, Way> {
  const ways = new Map<RelayKey, Way>();
  let layer: RelayKey[] = [self];
  for (let hops = 1; layer.length > 0; hops++) {
    const next = new Map<RelayKey, Way>();
    for (const from of layer) {
      const before = ways.get(from);
      for (const to of claims(from)?.keys() ?? []) {
        if (to === self || ways.has(to) || !leads(claims, from, to)) continue;
        const way = {
          hops,
          rttMs: (before?.rttMs ?? 0) + linkRttMs(claims, from, to),
          first: before?.first ?? to,
          previous: from,
        };
        const known = next.get(to);
        if (known === undefined || isBetter(way, known)) next.set(to, way);
      }
    }
    for (const [relay, way] of next) ways.set(relay, way);
    layer = [...next.keys()];
  }
  return ways;
}

/** What says nothing of itself is a leaf: one end counts. */
function leads(claims: ClaimsOf, from: RelayKey, to: RelayKey): boolean {
  if (claims(to) === undefined) return claims(from)?.get(to)?.legacy === true;
  return bothClaim(claims, from, to);
}

/** Of what both ends measured the mean, so that both reckon alike. */
function linkRttMs(claims: ClaimsOf, a: RelayKey, b: RelayKey): number {
  const there = claims(a)?.get(b)?.rttMs ?? null;
  const back = claims(b)?.get(a)?.rttMs ?? null;
  if (there !== null && back !== null) return (there + back) / 2;
  return there ?? back ?? UNKNOWN_RTT_MS;
}

function isBetter(one: Way, other: Way): boolean {
  if (one.rttMs !== other.rttMs) return one.rttMs < other.rttMs;
  return one.previous < other.previous;
}

/** Whether both lead everywhere by the same relays. */
export function sameWays(
  one: ReadonlyMap<RelayKey, Way>,
  other: ReadonlyMap<RelayKey, Way>,
): boolean {
  if (one.size !== other.size) return false;
  for (const [relay, { previous, first }] of one) {
    const way = other.get(relay);
    if (way?.previous !== previous || way.first !== first) return false;
  }
  return true;
}
