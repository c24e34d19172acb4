/** Keeps a fault of our own from ending everybody's calls: it is logged with its stack and counted instead. */
import type { Counters } from "./ports/counters.ts";
import type { Log } from "./ports/log.ts";

/** Watches for errors nobody caught until the answer is called. */
export function guardFaults(log: Log, counters: Pick<Counters, "internalErrors">): () => void {
  const report = (fault: unknown) => {
    counters.internalErrors += 1;
    const stack = fault instanceof Error ? fault.stack : undefined;
    log.error("internal error, please report it", { error: String(fault), stack });
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    report(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    report(event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return () => {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  };
}
