/** A pause in long work, so that others are not kept waiting for it. */

/**
 * Lets what waits be done before the work goes on: packets in the relay's thread, other requests in that of HTTP. A timer,
 * because the runtime looks at its sockets only when it has nothing to do: with `setImmediate` they wait for sixty turns.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Lets everything that waits for nothing be done, without a look at the sockets: takes no millisecond, as `turn` does. */
export function begun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
