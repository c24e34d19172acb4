/** Who dials whom in a mesh of relays. */

/** Numbers of two relays. */
export type Edge = readonly [dialler: number, acceptor: number];

export function chain(size: number): Edge[] {
  return Array.from({ length: size - 1 }, (_, i) => [i, i + 1]);
}

export function ring(size: number): Edge[] {
  return Array.from({ length: size }, (_, i) => [i, (i + 1) % size]);
}

/** All around relay 0. */
export function star(size: number): Edge[] {
  return Array.from({ length: size - 1 }, (_, i) => [i + 1, 0]);
}

/** The same links, each dialled from both ends. */
export function mutual(edges: readonly Edge[]): Edge[] {
  return edges.flatMap(([a, b]): Edge[] => [[a, b], [b, a]]);
}
