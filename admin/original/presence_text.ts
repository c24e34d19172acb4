/** Presence, peers and routes as the texts the original's HTTP port answers with: pretty JSON, keys in order. */
import type { RouteView } from "../../relay/ports/admin.ts";
import type { PresencePeer, PresencePlace, PresenceView } from "../../relay/ports/presence.ts";

/** Where somebody is; `relay` is null for who is at this one. */
export interface PresenceEntry {
  readonly fingerprint: string;
  readonly relay: string | null;
}

/** Everybody, once each, local before remote knowledge, in order of fingerprints. */
export function presenceEntries(
  presence: Pick<PresenceView, "locals" | "remotes">,
): PresenceEntry[] {
  const here = presence.locals().map(({ fingerprint }) => ({ fingerprint, relay: null }));
  const all: PresenceEntry[] = [...here, ...presence.remotes()];
  // Both parts are in order already, which the sort makes use of.
  return all.sort((a, b) => a.fingerprint < b.fingerprint ? -1 : 1);
}

/** `GET /presence`. */
export function presenceText(entries: readonly PresenceEntry[]): Iterable<string> {
  return prettyList(entries, ({ fingerprint, relay }) => ({
    fingerprint,
    location: locationOf(relay),
  }));
}

/** `GET /presence/<fp>`. Who is not found gets compact JSON, as scripts of the original expect. */
export function placeText(fingerprint: string, place: PresencePlace | null): string {
  if (place === null) return JSON.stringify({ fingerprint, location: null });
  return pretty({ fingerprint, location: locationOf(place.at === "local" ? null : place.relay) });
}

/** `GET /peers`. */
export function peersText(peers: readonly PresencePeer[]): Iterable<string> {
  return prettyList(peers, ({ address, fingerprints, rttMs }) => ({
    addr: address,
    fingerprints,
    rtt_ms: rttMs,
  }));
}

/** `GET /route/<fp>`. */
export function routeText(fingerprint: string, { kind, relayChain }: RouteView): string {
  return pretty({ fingerprint, relay_chain: relayChain, route: kind });
}

function locationOf(relay: string | null) {
  return relay === null ? "Local" : { Remote: relay };
}

/** The text of the whole list, an entry at a time. */
function* prettyList<Item>(
  items: readonly Item[],
  shown: (item: Item) => unknown,
): Generator<string> {
  if (items.length === 0) return yield "[]";
  let before = "[\n";
  for (const item of items) {
    yield before + `  ${pretty(shown(item)).replaceAll("\n", "\n  ")}`;
    before = ",\n";
  }
  yield "\n]";
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
