/** Limits for what must not take long, wide enough for a busy machine unless a run asks for the exact ones. */

/** Times as long as promised; `RELAY_TEST_STRICT=1` allows no more than that. */
const PATIENCE = Deno.env.get("RELAY_TEST_STRICT") === "1" ? 1 : 3;

/** What is promised, in milliseconds. */
export const PROMISED = {
  /** Nobody who is gone is on a list for longer. */
  ghosts: 6_000,
  /** A call goes on after a relay on its way was lost. */
  recovery: 5_000,
  /** Whoever joins is heard by, and hears, everybody else. */
  lateJoin: 1_000,
  /** The other side of a call hears of its end. */
  callEnd: 1_000,
  /** And that a relay on its way is dead: 4 s until the link counts as lost, 5 s in which another way may be found. */
  callLost: 10_000,
} as const;

/** The limit a test sets for what is promised. */
export function limitOf(promise: keyof typeof PROMISED): number {
  return PROMISED[promise] * PATIENCE;
}

/** Ends in time or rejects with what was waited for. */
export async function within<T>(
  limitMs: number,
  what: string | (() => string),
  run: (over: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  let timer;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      over.abort();
      const told = typeof what === "string" ? what : what();
      reject(new Error(`Not within ${limitMs / 1_000} s: ${told}`));
    }, limitMs);
  });
  try {
    return await Promise.race([run(over.signal), limit]);
  } finally {
    clearTimeout(timer);
  }
}
