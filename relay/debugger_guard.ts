/** Keeps the debugger shut that the platform opens on SIGUSR1. */
import inspector from "node:inspector";

/** Where Deno opens it. */
const DEBUGGER_PORT = 9229;
const LIMIT_MS = 1_000;

/**
 * From 2.9.2 on, Deno answers SIGUSR1 by opening a debugger on 127.0.0.1:9229, besides calling listeners, and has no
 * switch against it. Anybody on the machine could drive the relay through it. While its port is taken it cannot open,
 * so the relay holds the port, and hangs up on whoever calls there. Answers how to let go of it, or null when another
 * program has the port, which keeps the debugger shut as well as long as it lasts.
 */
export function holdDebuggerPort(port = DEBUGGER_PORT): (() => void) | null {
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname: "127.0.0.1", port });
  } catch {
    return null;
  }
  hangUp(listener);
  return () => listener.close();
}

async function hangUp(listener: Deno.TcpListener): Promise<void> {
  try {
    for await (const caller of listener) caller.close();
  } catch {
    // Closed.
  }
}

/**
 * Closes the debugger as soon as it shows, which takes a few milliseconds: for the case that whoever held its port
 * has gone. Resolves with whether there was one.
 */
export async function shutDebugger(): Promise<boolean> {
  const until = performance.now() + LIMIT_MS;
  while (performance.now() < until) {
    if (inspector.url() !== undefined) {
      inspector.close();
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return false;
}
