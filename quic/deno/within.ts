/** Waiting for something that cannot be taken back, with a time limit and an abort signal. */
import { QuicError } from "../errors.ts";

/** The outcome of `work`, or a `QuicError` when time or patience ran out first; then a late result goes to `discard`. */
export function within<T>(
  work: Promise<T>,
  ms: number,
  signal?: AbortSignal,
  discard: (late: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let waiting = true;
    const giveUp = (error: QuicError) => {
      settle();
      reject(error);
    };
    const onAbort = () => giveUp(new QuicError("aborted", "Handshake failed: aborted"));
    const timer = setTimeout(
      () => giveUp(new QuicError("timeout", "Handshake failed: timed out")),
      Math.max(0, ms),
    );
    const settle = () => {
      waiting = false;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    work.then((result) => {
      if (!waiting) return discard(result);
      settle();
      resolve(result);
    }, (error) => {
      settle();
      reject(error);
    });
  });
}
