/** Keeps a fault in one part of the relay from ending the calls of everybody. */

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Calls `onFault` for everything nobody caught, and goes on. Ends with the answer. */
export function surviveFaults(onFault: (error: Error) => void): () => void {
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    onFault(asError(event.reason));
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    onFault(asError(event.error));
  };
  addEventListener("unhandledrejection", onRejection);
  addEventListener("error", onError);
  return () => {
    removeEventListener("unhandledrejection", onRejection);
    removeEventListener("error", onError);
  };
}
