/** What the paths outside of `/api/v1` answer: health, and the JSON of the original relay. */
import type { Endpoint } from "./endpoints.ts";
import {
  boolean,
  either,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  type Schema,
  text,
} from "./schema.ts";

type Location = "Local" | { readonly Remote: string };
const location: Schema<Location> = either<Location>(oneOf("Local"), object({ Remote: text() }));

const Presence = named("Presence", object({ fingerprint: text(), location }));
const Place = named("Place", object({ fingerprint: text(), location: nullable(location) }));
const Peer = named(
  "Peer",
  object({ addr: text(), fingerprints: list(text()), rtt_ms: nullable(number()) }),
);
const Route = named(
  "Route",
  object({
    fingerprint: text(),
    relay_chain: list(text()),
    route: oneOf("local", "direct_peer", "chain", "not_found"),
  }),
);
const Mesh = named(
  "Mesh",
  object({
    targets: list(object({
      target: text(),
      up: boolean,
      rtt_ms: nullable(number()),
      loss_pct: nullable(number()),
      jitter_ms: nullable(number()),
    })),
  }),
);
const Version = named("Version", object({ name: text(), build: text(), tls_fingerprint: text() }));

/** Served elsewhere; described here so that `/openapi.json` has all of it. Their queries are in the operator guide. */
export const ORIGINAL_ENDPOINTS = {
  healthz: path("/healthz", "The process answers", object({ status: oneOf("ok") })),
  readyz: {
    ...path("/readyz", "The relay takes newcomers", object({ status: oneOf("ready") })),
    problems: ["not_ready"],
  },
  version: path("/version", "Which build it is", Version),
  presence: path("/presence", "Everybody this relay knows of", list(Presence)),
  place: path("/presence/{fingerprint}", "Where somebody is", Place),
  peers: path("/peers", "Other relays and who is there", list(Peer)),
  route: path("/route/{fingerprint}", "Relays on the way to somebody", Route),
  mesh: path("/mesh", "Probes of other relays; a table unless JSON is asked for", Mesh),
} as const satisfies Record<string, Endpoint>;

function path<A>(path: string, summary: string, answer: Schema<A>) {
  return { method: "get", path, summary, query: {}, answer } as const;
}
