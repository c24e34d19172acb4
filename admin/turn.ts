/** A pause in long work, so that voice is never kept waiting for it. */

/**
 * Lets packets that wait be forwarded before the work goes on. A timer, because the runtime looks at its sockets only
 * when it has nothing to do: with `setImmediate` packets wait for sixty turns.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
