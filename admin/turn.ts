/** A pause in long work, so that voice is never kept waiting for it. */

/** Lets packets that wait be forwarded before the work goes on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
