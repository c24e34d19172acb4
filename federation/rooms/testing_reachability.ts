/** What the relays of a simulated mesh know of its links, as topology gossip would tell them a moment later. */
import type { Link, RelayKey } from "../link.ts";
import { type MeshNode, type MeshSite, TestingMesh } from "../testing_mesh.ts";
import { range } from "../testing_mesh_graph.ts";
import type { Mesh } from "./routing.ts";

const LATE_MS = 150;

/** Takes a picture of the mesh every moment; what it answers is as old as that. */
export class TestingReachability implements Mesh {
  readonly #site: MeshSite;
  readonly #mesh: () => TestingMesh<MeshNode> | null;
  readonly #isOriginal: (relay: number) => boolean;
  readonly #listeners = new Set<() => void>();
  #edges = new Set<string>();

  constructor(
    site: MeshSite,
    mesh: () => TestingMesh<MeshNode> | null,
    isOriginal: (relay: number) => boolean = () => false,
  ) {
    this.#site = site;
    this.#mesh = mesh;
    this.#isOriginal = isOriginal;
    site.clock.every(LATE_MS + Math.floor(site.random() * LATE_MS), () => this.#look());
  }

  reachable(relay: RelayKey): boolean {
    return this.#path(relay) !== null;
  }

  nextHop(relay: RelayKey): Link | null {
    const hop = this.#path(relay);
    const mesh = this.#mesh();
    return hop === null || mesh === null ? null : mesh.link(this.#site.index, hop);
  }

  linked(a: RelayKey, b: RelayKey): boolean {
    const keys = this.#mesh()?.keys ?? [];
    return this.#edges.has(`${keys.indexOf(a)} ${keys.indexOf(b)}`);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #look(): void {
    const mesh = this.#mesh();
    if (mesh === null) return;
    const edges = new Set<string>();
    for (const a of range(mesh.size)) {
      for (const b of range(mesh.size)) {
        // Relays of the original kind gossip nothing; what lies behind one is out of sight.
        if (a === b || this.#isOriginal(a) || this.#isOriginal(b)) continue;
        if (mesh.link(a, b) !== null && mesh.link(b, a) !== null) edges.add(`${a} ${b}`);
      }
    }
    const same = edges.size === this.#edges.size && [...edges].every((it) => this.#edges.has(it));
    if (same) return;
    this.#edges = edges;
    for (const listener of this.#listeners) listener();
  }

  /** The first relay on a shortest way; null when there is none. */
  #path(relay: RelayKey): number | null {
    const mesh = this.#mesh();
    if (mesh === null) return null;
    const hops = new Map([[this.#site.index, this.#site.index]]);
    for (const [at, hop] of hops) {
      for (const to of range(mesh.size)) {
        if (hops.has(to) || !this.#edges.has(`${at} ${to}`)) continue;
        hops.set(to, at === this.#site.index ? to : hop);
      }
    }
    return hops.get(mesh.keys.indexOf(relay)) ?? null;
  }
}
