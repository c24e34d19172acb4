/** Appends a line a second to a file while a session lasts. */
import type { Clock, Timer } from "../quic/clock.ts";
import { fileError } from "./errors.ts";

const EVERY_MS = 1_000;

export class MetricsFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #timer: Timer | null = null;
  #failure: unknown = null;

  /** Throws `ClientError` when the file cannot be written. */
  static open(path: string): MetricsFile {
    try {
      return new MetricsFile(path, Deno.openSync(path, { append: true, create: true }));
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Writes these lines from now on, in place of others. */
  follow(clock: Clock, line: () => string): void {
    this.pause();
    this.#timer = clock.every(EVERY_MS, () => this.#write(line()));
  }

  /** There is nothing to follow for now. */
  pause(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Throws `ClientError` when lines are missing. */
  close(): void {
    this.pause();
    this.#file.close();
    if (this.#failure !== null) throw fileError("write", this.#path, this.#failure);
  }

  #write(line: string): void {
    try {
      this.#file.writeSync(new TextEncoder().encode(`${line}\n`));
    } catch (error) {
      this.#failure ??= error;
    }
  }
}
