/** Places the relays of a mesh: those that are linked near each other, all apart, and the same way every time. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Places = ReadonlyMap<string, Point>;

export interface Pair {
  readonly a: string;
  readonly b: string;
}

/** The length a link wants to have; everything else is measured by it. */
const LINK = 1;
const REPULSION = 0.55;
const SPRING = 0.12;
const GRAVITY = 0.035;
/** Those that have been there are held where they were. */
const TETHER = 0.2;
const STEPS = 260;
/** How far one may move in a step at first: from scratch, and where most stay. */
const HOT = 0.12;
const WARM = 0.02;

/**
 * Where each of `ids` goes. Those in `before` begin where they were, so that a change moves as little as possible; the
 * first of `ids` is held in the middle. `aspect` is how much wider than high the picture is.
 */
export function layOut(
  ids: readonly string[],
  pairs: readonly Pair[],
  before: Places = new Map(),
  aspect = 1.6,
): Places {
  // Where most are new there is little to keep to.
  const known = ids.filter((id) => before.has(id)).length;
  if (known > 0 && known * 2 >= ids.length || ids.length > MAX_TRIED) {
    const start = new Map(ids.map((id) => [id, beginning(id)] as const));
    return settle(ids, pairs, start, aspect, before);
  }
  // Of several beginnings the one with the fewest crossings.
  let best: { readonly places: Places; readonly crossings: number } | null = null;
  for (let turn = 0; turn < TURNS; turn++) {
    const order = turned(ids, turn);
    const start = new Map(order.map((id, place) => [id, ring(place, ids.length)]));
    const places = settle(ids, pairs, start, aspect);
    const crossings = crossingsOf(places, pairs);
    if (best === null || crossings < best.crossings) best = { places, crossings };
    if (crossings === 0) break;
  }
  return best?.places ?? new Map();

  /** Where it was, or beside those it is linked to, away from the middle. */
  function beginning(id: string): Point {
    const was = before.get(id);
    if (was !== undefined) return was;
    const near = pairs.flatMap(({ a, b }) => a === id ? [b] : b === id ? [a] : [])
      .flatMap((other) => before.get(other) ?? []);
    const { x, y } = ring(ids.indexOf(id), ids.length);
    if (near.length === 0) return { x: 1.6 * x, y: 1.6 * y };
    const mean = (pick: (point: Point) => number) =>
      near.reduce((sum, point) => sum + pick(point), 0) / near.length;
    return { x: 1.4 * mean((point) => point.x) + x / 4, y: 1.4 * mean((point) => point.y) + y / 4 };
  }
}

const TURNS = 24;
/** Beyond this many relays more tries would be felt. */
const MAX_TRIED = 30;

/** The others in another order each turn, and the same in the same turn. */
function turned(ids: readonly string[], turn: number): readonly string[] {
  const [first, ...others] = ids;
  if (first === undefined) return [];
  let state = turn * 7_919 + 1;
  for (let place = others.length - 1; turn > 0 && place > 0; place--) {
    state = state * 1_664_525 + 1_013_904_223 >>> 0;
    const from = Math.floor(state / 2 ** 32 * (place + 1));
    [others[place], others[from]] = [others[from]!, others[place]!];
  }
  return [first, ...others];
}

/** Pairs of links that cross each other. */
export function crossingsOf(places: Places, pairs: readonly Pair[]): number {
  const lines = pairs.flatMap(({ a, b }) => {
    const [from, to] = [places.get(a), places.get(b)];
    return from === undefined || to === undefined ? [] : [{ a, b, from, to }];
  });
  let crossings = 0;
  lines.forEach((one, place) => {
    for (const other of lines.slice(place + 1)) {
      if (one.a === other.a || one.a === other.b || one.b === other.a || one.b === other.b) {
        continue;
      }
      const apart = side(one.from, one.to, other.from) !== side(one.from, one.to, other.to) &&
        side(other.from, other.to, one.from) !== side(other.from, other.to, one.to);
      crossings += Number(apart);
    }
  });
  return crossings;
}

/** On which side of a line a point is. */
function side(from: Point, to: Point, point: Point): boolean {
  return (to.x - from.x) * (point.y - from.y) > (to.y - from.y) * (point.x - from.x);
}

function settle(
  ids: readonly string[],
  pairs: readonly Pair[],
  start: Places,
  aspect: number,
  homes: Places = new Map(),
): Places {
  const nodes = ids.map((id, place) => ({
    id,
    ...(start.get(id) ?? ring(place, ids.length)),
    dx: 0,
    dy: 0,
  }));
  const index = new Map(nodes.map((node, place) => [node.id, place]));
  const springs = pairs.flatMap(({ a, b }) => {
    const [from, to] = [index.get(a), index.get(b)];
    return from === undefined || to === undefined || from === to ? [] : [[from, to] as const];
  });
  for (let step = 0; step < STEPS; step++) {
    const heat = (homes.size === 0 ? HOT : WARM) * (1 - step / STEPS);
    for (const node of nodes) {
      node.dx = -node.x * GRAVITY;
      node.dy = -node.y * GRAVITY * aspect;
      const home = homes.get(node.id);
      if (home === undefined) continue;
      node.dx += (home.x - node.x) * TETHER;
      node.dy += (home.y - node.y) * TETHER;
    }
    for (let i = 0; i < nodes.length; i++) {
      for (let j = i + 1; j < nodes.length; j++) {
        const [a, b] = [nodes[i]!, nodes[j]!];
        const x = a.x - b.x || 0.001 * (i - j);
        const y = a.y - b.y || 0.001;
        const push = REPULSION / Math.max(0.01, x * x + y * y) / 10;
        a.dx += x * push;
        a.dy += y * push;
        b.dx -= x * push;
        b.dy -= y * push;
      }
    }
    for (const [from, to] of springs) {
      const [a, b] = [nodes[from]!, nodes[to]!];
      const [x, y] = [b.x - a.x, b.y - a.y];
      const length = Math.hypot(x, y) || 0.001;
      const pull = SPRING * (length - LINK) / length;
      a.dx += x * pull;
      a.dy += y * pull;
      b.dx -= x * pull;
      b.dy -= y * pull;
    }
    nodes.forEach((node, place) => {
      if (place === 0 && nodes.length > 2) {
        node.dx -= node.x * 0.1;
        node.dy -= node.y * 0.1;
      }
      const move = Math.hypot(node.dx, node.dy);
      const limit = move > heat ? heat / move : 1;
      node.x += node.dx * limit;
      node.y += node.dy * limit;
    });
  }
  return new Map(nodes.map(({ id, x, y }) => [id, { x, y }]));
}

/** The first in the middle, the others around it. */
function ring(place: number, count: number): Point {
  if (place === 0) return { x: 0, y: 0 };
  const angle = (place - 1) / Math.max(1, count - 1) * 2 * Math.PI - Math.PI / 7;
  return { x: 1.2 * Math.cos(angle), y: 0.8 * Math.sin(angle) };
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Kept free on each side for labels. */
  readonly marginX: number;
  readonly marginY: number;
}

/** The same picture in pixels: as large as it fits, links no longer than they need be. */
export function fit(places: Places, frame: Frame, longest = 300): Places {
  const xs = [...places.values()].map(({ x }) => x);
  const ys = [...places.values()].map(({ y }) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const roomX = Math.max(1, frame.width - 2 * frame.marginX);
  const roomY = Math.max(1, frame.height - 2 * frame.marginY);
  const scaleX = Math.min(longest, roomX / Math.max(0.001, right - left));
  const scaleY = Math.min(longest, roomY / Math.max(0.001, bottom - top));
  const x0 = frame.width / 2 - (left + right) / 2 * scaleX;
  const y0 = frame.height / 2 - (top + bottom) / 2 * scaleY;
  return new Map(
    [...places].map(([id, { x, y }]) => [id, { x: x0 + x * scaleX, y: y0 + y * scaleY }]),
  );
}
