/** Finds the known name that a mistyped one most likely meant. */

/** More names than this are no help in a sentence. */
const MAX_LISTED = 15;

/**
 * What to say about a name that is not known: the nearest of a `kind` that is, or all of them when none is near, or
 * `otherwise` when there are too many.
 */
export function knownInstead(
  name: string,
  candidates: readonly string[],
  { kind, otherwise, prefix = "" }: { kind: string; otherwise: string; prefix?: string },
): string {
  const best = nearest(name, candidates);
  if (best !== null) return `the nearest known ${kind} is ${prefix}${best}`;
  if (candidates.length > MAX_LISTED) return otherwise;
  return `the known ${kind}s are ${candidates.map((candidate) => prefix + candidate).join(", ")}`;
}

/**
 * The candidate closest to `name`; case and the kind of separator do not count. Null when more than half of `name`
 * would have to change.
 */
export function nearest(name: string, candidates: readonly string[]): string | null {
  const { best, distance } = closest(name, candidates);
  return distance <= plain(name).length / 2 ? best : null;
}

function closest(name: string, candidates: readonly string[]): { best: string; distance: number } {
  const wanted = plain(name);
  let best = "";
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const known = plain(candidate);
    const distance = distanceOf(wanted, known);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return { best, distance: bestDistance };
}

/** Half a name is a likelier slip than any two letters exchanged. */
function distanceOf(wanted: string, known: string): number {
  if (wanted === known) return 0;
  return wanted.length > 1 && known.startsWith(wanted) ? 1 : edits(wanted, known);
}

/** Names longer than any of ours are cut: the search must stay cheap whatever a file holds. */
function plain(name: string): string {
  return name.slice(0, 64).toLowerCase().replaceAll("-", "_").replace(/^_+/, "");
}

/** Insertions, deletions, replacements and exchanges of neighbours that turn `a` into `b`. */
function edits(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
