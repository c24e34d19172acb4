/** Keeps the debugger shut that the platform opens on SIGUSR1. */
import inspector from "node:inspector";

const LIMIT_MS = 1_000;

/**
 * From 2.9.2 on, Deno answers SIGUSR1 by opening a debugger on 127.0.0.1:9229, besides calling listeners, and has no
 * switch against it. Anybody on the machine could drive the relay through it, so it is closed as soon as it
 * shows, which takes a few milliseconds. Resolves with whether there was one.
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
