/** Keeps a fault in one part of the relay from ending the calls of everybody. */

/** Calls `onFault` for everything nobody caught, and goes on. Ends with the answer. */
export function surviveFaults(onFault: (error: unknown) => void): () => void {
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    onFault(event.reason);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    onFault(event.error);
  };
  addEventListener("unhandledrejection", onRejection);
  addEventListener("error", onError);
  return () => {
    removeEventListener("unhandledrejection", onRejection);
    removeEventListener("error", onError);
  };
}
