/** Presence, peers and routes as the texts the original's HTTP port answers with: pretty JSON, keys in order. */
import type { PresencePeer, PresencePlace, PresenceView } from "../ports/presence.ts";
import type { Route } from "./routes.ts";

/** `GET /presence`: everybody, once each, local before remote knowledge. */
export function presenceText(presence: Pick<PresenceView, "locals" | "remotes">): string {
  const all = [
    ...presence.locals().map(({ fingerprint }) => ({ fingerprint, location: "Local" })),
    ...presence.remotes().map(({ fingerprint, relay }) => ({
      fingerprint,
      location: { Remote: relay },
    })),
  ];
  return pretty(all.sort((a, b) => a.fingerprint < b.fingerprint ? -1 : 1));
}

/** `GET /presence/<fp>`. Who is not found gets compact JSON, as scripts of the original expect. */
export function placeText(fingerprint: string, place: PresencePlace | null): string {
  if (place === null) return JSON.stringify({ fingerprint, location: null });
  const location = place.at === "local" ? "Local" : { Remote: place.relay };
  return pretty({ fingerprint, location });
}

/** `GET /peers`. */
export function peersText(peers: readonly PresencePeer[]): string {
  return pretty(peers.map(({ address, fingerprints, rttMs }) => ({
    addr: address,
    fingerprints,
    rtt_ms: rttMs,
  })));
}

/** `GET /route/<fp>`. */
export function routeText(fingerprint: string, { kind, relayChain }: Route): string {
  return pretty({ fingerprint, relay_chain: relayChain, route: kind });
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
