/** Presence, peers and routes as the texts the original's HTTP port answers with: pretty JSON, keys in order. */
import type { RouteView } from "../../relay/ports/admin.ts";
import type { PresencePeer, PresencePlace } from "../../relay/ports/presence.ts";
import type { PresenceEntry } from "./everybody.ts";

/** `GET /presence`, whose entries come a few at a time. */
export async function* presenceText(
  entries: AsyncIterable<readonly PresenceEntry[]> | Iterable<readonly PresenceEntry[]>,
): AsyncGenerator<string> {
  let before = "[\n";
  for await (const some of entries) {
    for (const { fingerprint, relay } of some) {
      yield before + indented({ fingerprint, location: locationOf(relay) });
      before = ",\n";
    }
  }
  yield before === ",\n" ? "\n]" : "[]";
}

/** `GET /presence/<fp>`. Who is not found gets compact JSON, as scripts of the original expect. */
export function placeText(fingerprint: string, place: PresencePlace | null): string {
  if (place === null) return JSON.stringify({ fingerprint, location: null });
  return pretty({ fingerprint, location: locationOf(place.at === "local" ? null : place.relay) });
}

/** `GET /peers`. A peer may have 20,000 names, so even one is not a single text. */
export function* peersText(peers: readonly PresencePeer[]): Generator<string> {
  if (peers.length === 0) return yield "[]";
  let before = "[\n";
  for (const { address, fingerprints, rttMs } of peers) {
    yield `${before}  {\n    "addr": ${JSON.stringify(address)},\n    "fingerprints": [`;
    for (const [place, name] of fingerprints.entries()) {
      yield `${place === 0 ? "" : ","}\n      ${JSON.stringify(name)}`;
    }
    yield `${fingerprints.length === 0 ? "" : "\n    "}],\n    "rtt_ms": ${rttMs}\n  }`;
    before = ",\n";
  }
  yield "\n]";
}

/** `GET /route/<fp>`. */
export function routeText(fingerprint: string, { kind, relayChain }: RouteView): string {
  return pretty({ fingerprint, relay_chain: relayChain, route: kind });
}

function locationOf(relay: string | null) {
  return relay === null ? "Local" : { Remote: relay };
}

function indented(value: unknown): string {
  return `  ${pretty(value).replaceAll("\n", "\n  ")}`;
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
