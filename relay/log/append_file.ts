/** Opens files that lines are appended to, for as long as the relay runs. */
import type { Sink } from "./output.ts";

/** Creates the file when it is missing. Throws when it cannot be opened, and for a pipe. */
export function openForAppending(path: string): Sink {
  // Opening a pipe would wait for a reader, and everything with it.
  if (isPipe(path)) throw new Error("it is a pipe, not a file");
  return Deno.openSync(path, { append: true, create: true, mode: 0o640 });
}

function isPipe(path: string): boolean {
  try {
    return Deno.statSync(path).isFifo === true;
  } catch {
    return false;
  }
}
