/** Keeps the debugger shut that the platform opens on SIGUSR1. */
import inspector from "node:inspector";

const LIMIT_MS = 1_000;

/**
 * The packed executable is started with a debugger at an address that nobody is told (see `HIDDEN_DEBUGGER` of the
 * build): while it is there, SIGUSR1 opens no other, so it stays.
 */
const hidden = inspector.url() !== undefined;

/**
 * From 2.9.2 on, Deno answers SIGUSR1 by opening a debugger on 127.0.0.1:9229, besides calling listeners, and has no
 * switch against it. Whoever reaches it drives the relay, so it is closed as soon as it shows. That is a race which
 * another user of the machine can win; only a debugger that is there before wins it for us. Resolves with whether one
 * was closed.
 */
export async function shutDebugger(): Promise<boolean> {
  if (hidden) return false;
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
