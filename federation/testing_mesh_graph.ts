/** Shapes of simulated meshes, what can happen to them, and chance that a seed repeats. */

/** Something that happens to a mesh; numbers are taken modulo what there is, so that any will do. */
export type MeshStep =
  | { readonly do: "run"; readonly ms: number }
  | { readonly do: "cut" | "block" | "unblock" | "renew"; readonly link: number }
  | { readonly do: "stop" | "start"; readonly relay: number }
  | { readonly do: "restart"; readonly relay: number; readonly wallOffsetMs: number }
  /** Bit i says on which side relay i is. */
  | { readonly do: "partition"; readonly sides: number }
  | { readonly do: "heal" };

/** Which relays link whenever they can. */
export type MeshGraph = readonly (readonly [number, number])[];

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function chain(relays: number): MeshGraph {
  return range(relays - 1).map((i) => [i, i + 1] as const);
}

export function ring(relays: number): MeshGraph {
  return relays < 3 ? chain(relays) : [...chain(relays), [relays - 1, 0] as const];
}

/** The first is in the middle. */
export function star(relays: number): MeshGraph {
  return range(relays - 1).map((i) => [0, i + 1] as const);
}

export function fullMesh(relays: number): MeshGraph {
  return range(relays).flatMap((a) => range(a).map((b) => [b, a] as const));
}

/** The numbers from 0 to `n` - 1. */
export function range(n: number): number[] {
  return Array.from({ length: Math.max(0, n) }, (_, i) => i);
}
