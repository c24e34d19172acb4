/** The mesh as the page shows it: who is linked now, and who was a moment ago. */
import { type Health, healthOf } from "./health.ts";
import type { Link, MeshLink, MeshRelay, Topology } from "./shapes.ts";

/** A link, with what became of it last. */
export interface Edge extends MeshLink {
  readonly key: string;
  readonly health: Health;
  readonly state: "up" | "new" | "down";
  /** Time of the last change of `state`. */
  readonly changedAt: number;
}

export interface Mesh {
  readonly self: string;
  readonly relays: readonly MeshRelay[];
  readonly edges: readonly Edge[];
}

export interface MeshChange {
  readonly mesh: Mesh;
  /** Sentences for who does not see the picture. */
  readonly news: readonly string[];
}

/** How long a link that went stays in the picture, and how long one that came is marked. */
export const GONE_MS = 15_000;
export const NEW_MS = 5_000;

/** The same for both ends. */
export function edgeKey({ a, b }: { readonly a: string; readonly b: string }): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}

/**
 * The links of this relay are what it knows itself and at once; links between others are what gossip said. A relay
 * that is linked but has not gossiped yet is shown by what the link says.
 */
export function currentTopology(topology: Topology, links: readonly Link[]): Topology {
  const own = links.map((link): MeshLink => ({
    a: topology.self,
    b: link.relay,
    rttMs: link.rttMs,
    lossPct: link.lossPct,
    legacy: link.legacy,
  }));
  const known = new Map(topology.relays.map((relay) => [relay.relay, relay]));
  // Without any federation nobody says anything of this relay either.
  if (!known.has(topology.self)) {
    known.set(
      topology.self,
      silent({ relay: topology.self, label: "", address: null, legacy: false }),
    );
  }
  for (const link of links) {
    if (!known.has(link.relay)) known.set(link.relay, silent(link));
  }
  const others = topology.links.filter(({ a, b }) => a !== topology.self && b !== topology.self);
  const relays = [...known.values()].sort((x, y) =>
    Number(y.relay === topology.self) - Number(x.relay === topology.self) ||
    (x.label < y.label ? -1 : 1)
  );
  return { self: topology.self, relays, links: [...own, ...others] };
}

/** A relay that has told nothing of itself. */
function silent(
  { relay, label, address, legacy }: Pick<MeshRelay, "relay" | "label" | "address" | "legacy">,
): MeshRelay {
  const unknown = { region: null, build: null, load: null, ageMs: null };
  return { relay, label, address, legacy, draining: false, ...unknown };
}

/** What the page shows next; `before` is null for the first picture, in which nothing is new. */
export function follow(before: Mesh | null, topology: Topology, now: number): MeshChange {
  const news: string[] = [];
  const old = new Map(before?.edges.map((edge) => [edge.key, edge]));
  const labels = new Map(
    [...before?.relays ?? [], ...topology.relays].map((one) => [one.relay, one]),
  );
  const name = (relay: string) => labels.get(relay)?.label ?? relay.slice(0, 8);
  const edges = new Map<string, Edge>();
  for (const link of topology.links) {
    const key = edgeKey(link);
    const was = old.get(key);
    const came = before !== null && (was === undefined || was.state === "down");
    if (came) news.push(`Link ${name(link.a)} to ${name(link.b)} is up`);
    const stillNew = was?.state === "new" && now - was.changedAt < NEW_MS;
    const state = came || stillNew ? "new" : "up";
    const changedAt = came ? now : was?.changedAt ?? now;
    edges.set(key, { ...link, key, health: healthOf(link), state, changedAt });
  }
  const relays = [...topology.relays];
  for (const [key, edge] of old) {
    if (edges.has(key)) continue;
    if (edge.state !== "down") news.push(`Link ${name(edge.a)} to ${name(edge.b)} is down`);
    const changedAt = edge.state === "down" ? edge.changedAt : now;
    if (now - changedAt >= GONE_MS) continue;
    edges.set(key, { ...edge, state: "down", changedAt });
    // Its ends stay as long as it does.
    for (const end of [edge.a, edge.b]) {
      const relay = labels.get(end);
      if (relay !== undefined && !relays.some((one) => one.relay === end)) relays.push(relay);
    }
  }
  return { mesh: { self: topology.self, relays, edges: [...edges.values()] }, news };
}
