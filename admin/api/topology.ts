/** The mesh as a graph: what relays say of themselves and their links, and what this one knows of its own. */
import type { LinkView, MeshRelayView } from "../../relay/ports/federation.ts";
import { amount, percent } from "./rows.ts";
import type { EdgeRow, RelayRow, Topology } from "./shapes.ts";
import type { SiteHost } from "../site_host.ts";

/** Ages change all the time, and nobody needs to be told of each second. */
const AGE_STEP_MS = 5_000;

export function selfKey({ tlsFingerprint }: Pick<SiteHost, "tlsFingerprint">): string {
  return tlsFingerprint.replaceAll(":", "").toLowerCase();
}

/** Every end of a link is among the relays, also those that say nothing of themselves. */
export function topology(host: SiteHost): Topology {
  const self = selfKey(host);
  const own = host.federation.links();
  const mesh = host.federation.mesh();
  const relays = new Map<string, RelayRow>();
  for (const relay of mesh) relays.set(relay.relay, relayRow(relay));
  const edges = new Map<string, EdgeRow>();
  for (const { relay, links } of mesh) {
    for (const link of links) {
      const edge = edgeOf(relay, link.relay, link);
      const key = edgeKey(edge);
      edges.set(key, merged(edges.get(key), edge));
    }
  }
  // What this relay measures itself counts for its own links.
  for (const link of own) {
    const edge = edgeOf(self, link.relay, link);
    edges.set(edgeKey(edge), edge);
    const known = relays.get(link.relay);
    relays.set(
      link.relay,
      known === undefined ? silentRow(link) : { ...known, label: link.label, legacy: link.legacy },
    );
  }
  for (const { a, b, legacy } of edges.values()) {
    for (const relay of [a, b]) {
      if (!relays.has(relay)) relays.set(relay, unknownRow(relay, legacy));
    }
  }
  return {
    self,
    relays: [...relays.values()].sort((one, other) => one.relay < other.relay ? -1 : 1),
    links: [...edges.values()].sort((one, other) => edgeKey(one) < edgeKey(other) ? -1 : 1),
  };
}

export function edgeKey({ a, b }: Pick<EdgeRow, "a" | "b">): string {
  return `${a}|${b}`;
}

/** The names by which people know relays, by key. */
export function relayLabels(host: SiteHost): Map<string, string> {
  const labels = new Map<string, string>();
  for (const { relay, label } of host.federation.mesh()) labels.set(relay, named(relay, label));
  for (const { relay, label } of host.federation.links()) labels.set(relay, label);
  return labels;
}

/** Few relays have been given a name; the beginning of a key is better than none. */
function named(relay: string, label: string): string {
  return label === "" ? relay.slice(0, 8) : label;
}

function relayRow(view: MeshRelayView): RelayRow {
  const { relay, label, region, address, build, load, draining, ageMs } = view;
  return {
    relay,
    label: named(relay, label),
    region,
    address,
    build,
    load: Number.isFinite(load) && load >= 0 ? Math.round(load * 100) / 100 : null,
    draining,
    legacy: false,
    ageMs: Math.max(0, Math.floor(ageMs / AGE_STEP_MS) * AGE_STEP_MS),
  };
}

/** A neighbour that tells nothing of itself. */
function silentRow({ relay, label, legacy, address }: LinkView): RelayRow {
  return { ...unknownRow(relay, legacy), label, address };
}

function unknownRow(relay: string, legacy: boolean): RelayRow {
  const nothing = { region: null, address: null, build: null, load: null, ageMs: null };
  return { relay, label: named(relay, ""), ...nothing, draining: false, legacy };
}

function edgeOf(
  one: string,
  other: string,
  { rttMs, lossPct, legacy }: Pick<LinkView, "rttMs" | "lossPct" | "legacy">,
): EdgeRow {
  const [a, b] = one < other ? [one, other] : [other, one];
  return { a, b, rttMs: amount(rttMs), lossPct: percent(lossPct), legacy };
}

/** Both ends tell of a link; whichever has measured it counts. */
function merged(first: EdgeRow | undefined, second: EdgeRow): EdgeRow {
  if (first === undefined) return second;
  return {
    ...first,
    rttMs: first.rttMs ?? second.rttMs,
    lossPct: first.lossPct ?? second.lossPct,
    legacy: first.legacy || second.legacy,
  };
}
