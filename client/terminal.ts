/** The process the tool runs in: its terminal and its signals. */

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Shows progress in the last line of standard error, if that is a terminal. */
export function terminalProgress(): (text: string) => void {
  if (!Deno.stderr.isTerminal()) return () => {};
  const encoder = new TextEncoder();
  return (text) => void Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${text}`));
}

/** Aborted by SIGINT or SIGTERM. The second one ends the process, as if nobody had listened. */
export function processStop(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, stop);
    controller.abort();
  };
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, stop);
  return controller.signal;
}
