/** Finds room for the names and figures in the picture of the mesh, so that none covers another where that can be had. */
import type { Point } from "./force_layout.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface LabelledNode {
  readonly id: string;
  readonly at: Point;
  readonly size: Size;
}

export interface LabelledEdge {
  readonly id: string;
  readonly from: Point;
  readonly to: Point;
  readonly size: Size;
}

/** Middle of each label, by id. */
export interface LabelPlaces {
  readonly nodes: ReadonlyMap<string, Point>;
  readonly edges: ReadonlyMap<string, Point>;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Where along a line its label may stand, best first. */
const ALONG = [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73];
/** Below, above, right, left of a circle, and between those: parts of the way in x and y. */
const AROUND = [
  [0, 1],
  [0, -1],
  [1, 0],
  [-1, 0],
  [0.9, 0.8],
  [-0.9, 0.8],
  [0.9, -0.8],
  [-0.9, -0.8],
] as const;

/** `radius` is that of the circles, with what shall stay free around them. */
export function placeLabels(
  nodes: readonly LabelledNode[],
  edges: readonly LabelledEdge[],
  radius: number,
  frame: Size,
): LabelPlaces {
  const circles = nodes.map(({ at }) => boxAround(at, { width: 2 * radius, height: 2 * radius }));
  const taken: Box[] = [];
  const cost = (box: Box, others: readonly Box[]) =>
    others.reduce((sum, other) => sum + overlap(box, other), 0) + 4 * outside(box, frame);

  const ofNodes = new Map<string, Point>();
  for (const { id, at, size } of nodes) {
    const best = cheapest(AROUND, ([x, y]) => {
      const middle = beside(at, size, radius, x, y);
      const box = boxAround(middle, size);
      const crossed = edges.filter(({ from, to }) => crosses(from, to, box)).length;
      return { place: middle, cost: cost(box, [...taken, ...circles]) + crossed * 400 };
    });
    ofNodes.set(id, best);
    taken.push(boxAround(best, size));
  }
  const ofEdges = new Map<string, Point>();
  const short = [...edges].sort((one, other) => lengthOf(one) - lengthOf(other));
  for (const { id, from, to, size } of short) {
    const best = cheapest(ALONG, (share) => {
      const middle = { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
      const box = boxAround(middle, size);
      const crossed = edges.filter((edge) => edge.id !== id && crosses(edge.from, edge.to, box));
      return { place: middle, cost: cost(box, [...taken, ...circles]) + crossed.length * 60 };
    });
    ofEdges.set(id, best);
    taken.push(boxAround(best, size));
  }
  return { nodes: ofNodes, edges: ofEdges };
}

/** The first of those that cost least. */
function cheapest<Choice>(
  choices: readonly Choice[],
  judge: (choice: Choice) => { readonly place: Point; readonly cost: number },
): Point {
  const judged = choices.map(judge);
  return judged.reduce((best, one) => one.cost < best.cost - 0.5 ? one : best).place;
}

function beside(at: Point, size: Size, radius: number, x: number, y: number): Point {
  return {
    x: at.x + x * (radius + size.width / 2),
    y: at.y + y * (radius + size.height / 2),
  };
}

function boxAround({ x, y }: Point, { width, height }: Size): Box {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

function outside(box: Box, { width, height }: Size): number {
  const over = [-box.left, -box.top, box.right - width, box.bottom - height];
  return over.reduce((sum, length) => sum + Math.max(0, length) * 20, 0);
}

/** Whether a line goes through a box. */
export function crosses(from: Point, to: Point, { left, top, right, bottom }: Box): boolean {
  let [first, last] = [0, 1];
  for (
    const [start, change, low, high] of [
      [from.x, to.x - from.x, left, right],
      [from.y, to.y - from.y, top, bottom],
    ] as const
  ) {
    if (change === 0) {
      if (start < low || start > high) return false;
      continue;
    }
    const [a, b] = [(low - start) / change, (high - start) / change];
    first = Math.max(first, Math.min(a, b));
    last = Math.min(last, Math.max(a, b));
  }
  return first < last;
}

function lengthOf({ from, to }: LabelledEdge): number {
  return Math.hypot(to.x - from.x, to.y - from.y);
}
