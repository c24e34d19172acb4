/** Where log lines go: gathered in memory, written in the background, and never a reason to wait or to fail. */
import type { Clock } from "../../quic/clock.ts";

/** An open file or stream that takes bytes. */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
  close(): void;
}

export interface LineOutputOptions {
  /** Opens the file; again after `reopen`. */
  readonly open: () => Sink;
  readonly clock: Clock;
  /** The line that says how many were lost, without its end. */
  readonly lossNotice: (lines: number) => string;
  readonly onLost?: (lines: number) => void;
  /** UTF-16 units that may wait; a reader that stalls costs lines above this, not memory. */
  readonly maxWaiting?: number;
  /** How long lines are gathered before they are written; by default only those of one burst. */
  readonly gatherMs?: number;
}

interface Batch {
  bytes: Uint8Array;
  readonly lines: number;
  /** Lines lost before, which the first line of this batch tells about. */
  readonly lostBefore: number;
}

/** A second of the heaviest logging, and small beside the rest of the process. */
const DEFAULT_MAX_WAITING = 1 << 20;
/** A terminal or pipe that is full is tried again after this. */
const RETRY_MS = 50;

export class LineOutput {
  readonly #options: LineOutputOptions;
  readonly #maxWaiting: number;
  readonly #encoder = new TextEncoder();
  #sink: Sink;
  #waiting: string[] = [];
  #waitingLength = 0;
  #pump: Promise<void> | null = null;
  /** Ends the gathering. */
  #hurry: () => void = () => {};
  /** Taken from `#waiting` and refused by a full pipe; to be tried again. */
  #held: Batch | null = null;
  #writing = false;
  #lost = 0;
  #midLine = false;
  /** The reader has gone for good (EPIPE). */
  #gone = false;
  #closed = false;

  /** Throws what `open` throws. */
  constructor(options: LineOutputOptions) {
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? DEFAULT_MAX_WAITING;
    this.#sink = options.open();
  }

  /** Takes one line without its end. */
  write(line: string): void {
    if (this.#gone || this.#waitingLength + line.length > this.#maxWaiting) return this.#lose(1);
    this.#waiting.push(line);
    this.#waitingLength += line.length + 1;
    this.#start();
    if (this.#waitingLength > this.#maxWaiting / 2) this.#hurry();
  }

  /** Opens the file anew, for log rotation. Throws what `open` throws and then goes on with the old one. */
  reopen(): void {
    if (this.#closed) return;
    const old = this.#sink;
    this.#sink = this.#options.open();
    this.#gone = false;
    this.#midLine = false;
    // A write under way still uses the old one; `#run` closes it afterwards.
    if (!this.#writing) old.close();
  }

  /** Resolves when everything taken so far is written, or after `limitMs`, whatever the reader does. */
  async flush(limitMs = 1000): Promise<void> {
    let over = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(limitMs, () => {
      over = true;
      resolve();
    });
    while (this.#pump !== null && !over) {
      this.#hurry();
      await Promise.race([this.#pump, promise]);
    }
    timer.cancel();
  }

  /** Closes the file; what waits is lost, so `flush` first. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#gone = true;
    this.#hurry();
    // A write under way still uses it; `#write` closes it afterwards.
    if (!this.#writing) this.#sink.close();
  }

  /** Writes what waits at once; for the last moments of a process. Waits for a reader that stalls: prefer `flush`. */
  flushSync(): void {
    let batch = this.#held ?? this.#take();
    this.#held = null;
    try {
      for (; batch !== null; batch = this.#take()) {
        for (let rest = batch.bytes; rest.length > 0;) {
          rest = rest.subarray(this.#sink.writeSync(rest));
        }
      }
    } catch {
      // Nobody is left to be told.
      this.#waiting = [];
      this.#waitingLength = 0;
    }
  }

  #start(): void {
    this.#pump ??= this.#run().finally(() => {
      this.#pump = null;
      if (this.#waiting.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    await this.#gather();
    let batch = this.#take();
    while (batch !== null) {
      if (await this.#write(batch)) batch = this.#take();
      else batch = await this.#hold(batch);
    }
  }

  /** One turn of the microtask queue gathers the lines of a burst into one write. */
  async #gather(): Promise<void> {
    const { clock, gatherMs } = this.#options;
    if (gatherMs === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.after(gatherMs, resolve);
    this.#hurry = resolve;
    await promise;
    timer.cancel();
    this.#hurry = () => {};
  }

  /** False when the rest of the batch has to be tried again. */
  async #write(batch: Batch): Promise<boolean> {
    const sink = this.#sink;
    this.#writing = true;
    try {
      while (batch.bytes.length > 0) {
        const written = await sink.write(batch.bytes);
        this.#midLine = batch.bytes[written - 1] !== NEWLINE;
        batch.bytes = batch.bytes.subarray(written);
      }
    } catch (error) {
      if (error instanceof Deno.errors.WouldBlock) return false;
      if (error instanceof Deno.errors.BrokenPipe) this.#gone = true;
      const unwritten = newlinesIn(batch.bytes);
      // The line about earlier losses is in front of the others.
      if (unwritten > batch.lines) this.#lost += batch.lostBefore;
      this.#lose(Math.min(unwritten, batch.lines));
    } finally {
      this.#writing = false;
      if (sink !== this.#sink || this.#closed) sink.close();
    }
    return true;
  }

  /** Waits until a full pipe may have room; the next batch is then another one if `flushSync` came between. */
  async #hold(batch: Batch): Promise<Batch | null> {
    this.#held = batch;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#options.clock.after(RETRY_MS, resolve);
    await promise;
    const next = this.#held ?? this.#take();
    this.#held = null;
    return next;
  }

  #take(): Batch | null {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    if (lines.length === 0) return null;
    if (this.#gone) {
      this.#lose(lines.length);
      return null;
    }
    const lostBefore = this.#lost;
    this.#lost = 0;
    const notice = lostBefore > 0 ? `${this.#options.lossNotice(lostBefore)}\n` : "";
    // After a write that failed inside a line, the next one must not continue it.
    const start = this.#midLine ? "\n" : "";
    const bytes = this.#encoder.encode(`${start}${notice}${lines.join("\n")}\n`);
    return { bytes, lines: lines.length, lostBefore };
  }

  #lose(lines: number): void {
    this.#lost += lines;
    this.#options.onLost?.(lines);
  }
}

const NEWLINE = 10;

function newlinesIn(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === NEWLINE) count += 1;
  return count;
}
