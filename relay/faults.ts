/** Keeps a fault in one part of the relay from ending the calls of everybody. */
import type { Counters } from "./ports/counters.ts";
import type { Log } from "./ports/log.ts";

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Every one is counted and has its line. */
export function recordFault(
  error: unknown,
  counters: Pick<Counters, "internalErrors">,
  log: Pick<Log, "error">,
): void {
  counters.internalErrors += 1;
  const { message, stack } = asError(error);
  log.error("internal error, please report it", { error: message, stack });
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
