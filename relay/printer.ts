/** Standard output for lines that are not of the log: never waits for its reader and never fails. */
import type { Clock } from "../quic/clock.ts";
import { LineOutput, type Sink } from "./log/output.ts";

export interface Printer {
  print(line: string): void;
  /** Resolves when everything is written, or after `limitMs`. */
  flush(limitMs: number): Promise<void>;
}

const STDOUT: Sink = {
  write: (bytes) => Deno.stdout.write(bytes),
  writeSync: (bytes) => Deno.stdout.writeSync(bytes),
  close() {},
};

/**
 * `console.log` would throw on a full disk and while the log is being written, and would halt the whole relay
 * when the reader of a pipe stalls.
 */
export function openPrinter(clock: Clock, sink: Sink = STDOUT): Printer {
  const lossNotice = (lines: number) => `# ${lines} lines were lost`;
  const output = new LineOutput({ open: () => sink, clock, lossNotice });
  return {
    print: (line) => output.write(line),
    flush: (limitMs) => output.flush(limitMs),
  };
}
