/** Operating system signals, as the relay uses them. */
import { shutDebugger } from "./debugger_guard.ts";

export interface OperatorSignals {
  /** SIGTERM or SIGINT; the code is what a shell expects of a process that ended by it. */
  readonly onStop: (name: "SIGTERM" | "SIGINT", exitCode: number) => void;
  /** SIGHUP. */
  readonly onReload: () => void;
  /** SIGUSR1. */
  readonly onCounters: () => void;
}

/** What is needed of Deno. */
export type SignalSource = Pick<typeof Deno, "addSignalListener" | "removeSignalListener">;

/** Listens until the answer is called. Systems without a signal simply never send it. */
export function listenToSignals(
  handlers: OperatorSignals,
  source: SignalSource = Deno,
): () => void {
  return listen([
    ["SIGTERM", () => handlers.onStop("SIGTERM", 128 + 15)],
    ["SIGINT", () => handlers.onStop("SIGINT", 128 + 2)],
    ["SIGHUP", handlers.onReload],
    ["SIGUSR1", () => {
      shutDebugger();
      handlers.onCounters();
    }],
  ], source);
}

/** For the time before there is a relay: what is no word to end would end the process all the same. */
export function outliveSignals(source: SignalSource = Deno): () => void {
  return listen([["SIGHUP", () => {}], ["SIGUSR1", shutDebugger]], source);
}

function listen(
  listeners: readonly (readonly [Deno.Signal, () => void])[],
  source: SignalSource,
): () => void {
  // A listener that throws would end the loop that listens, so each runs in a task of its own.
  const apart = listeners.map(([signal, listener]): [Deno.Signal, () => void] => [
    signal,
    () => queueMicrotask(listener),
  ]);
  const active = apart.filter(([signal, listener]) => {
    try {
      source.addSignalListener(signal, listener);
      return true;
    } catch {
      return false;
    }
  });
  return () => {
    for (const [signal, listener] of active) source.removeSignalListener(signal, listener);
  };
}
