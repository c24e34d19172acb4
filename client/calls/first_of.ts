/** Tries several things a little apart, and takes the first that comes true. */
import type { Clock } from "../../quic/clock.ts";

/** Null when all have failed. What comes true too late is given to `drop`. */
export async function firstOf<K, V>(
  clock: Clock,
  keys: readonly K[],
  staggerMs: number,
  attempt: (key: K) => Promise<V>,
  drop: (key: K, value: V) => void,
): Promise<{ readonly key: K; readonly value: V } | null> {
  let found: { readonly key: K; readonly value: V } | null = null;
  const tries = keys.map(async (key, i) => {
    if (i > 0) await new Promise<void>((resolve) => void clock.after(i * staggerMs, resolve));
    if (found !== null) return;
    const value = await attempt(key);
    if (found === null) found = { key, value };
    else drop(key, value);
  });
  await Promise.any(tries.map((one) =>
    one.then(() => {
      if (found === null) throw new TypeError("It came to nothing");
    })
  )).catch(() => {});
  return found;
}
