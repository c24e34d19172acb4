/** A sink in memory for tests of the log, which can stall, fill up or lose its reader. */
import type { Clock } from "../../quic/clock.ts";
import { Logger, type LoggerOptions } from "./logger.ts";
import { LineOutput, type Sink } from "./output.ts";

export class MemorySink implements Sink {
  readonly #decoder = new TextDecoder();
  text = "";
  writes = 0;
  closed = false;
  /** Bytes taken per write; a short write when smaller than what is given. */
  maxWrite = Infinity;
  /** Thrown instead of writing. */
  failure: Error | null = null;
  /** While set, asynchronous writes wait for it. */
  gate: Promise<void> | null = null;

  async write(bytes: Uint8Array): Promise<number> {
    if (this.gate !== null) await this.gate;
    return this.writeSync(bytes);
  }

  writeSync(bytes: Uint8Array): number {
    if (this.closed) throw new Deno.errors.BadResource("closed");
    if (this.failure !== null) throw this.failure;
    this.writes += 1;
    const taken = bytes.subarray(0, this.maxWrite);
    this.text += this.#decoder.decode(taken);
    return taken.length;
  }

  close(): void {
    this.closed = true;
  }

  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }
}

/** A logger that writes into memory. */
export function memoryLogger(
  clock: Clock,
  options: Partial<LoggerOptions> = {},
): { log: Logger; sink: MemorySink } {
  const sink = new MemorySink();
  const log = new Logger({
    clock,
    output: (hooks) => new LineOutput({ ...hooks, clock, open: () => sink }),
    ...options,
  });
  return { log, sink };
}
