/** Appends a line a second to a file while a session lasts. */
import type { Clock, Timer } from "../quic/clock.ts";
import { fileError } from "./errors.ts";

const EVERY_MS = 1_000;

export class MetricsFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #timer: Timer;
  #failure: unknown = null;

  /** Throws `ClientError` when the file cannot be written. */
  static open(path: string, clock: Clock, line: () => string): MetricsFile {
    try {
      const file = Deno.openSync(path, { append: true, create: true });
      return new MetricsFile(path, file, clock, line);
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  private constructor(path: string, file: Deno.FsFile, clock: Clock, line: () => string) {
    this.#path = path;
    this.#file = file;
    this.#timer = clock.every(EVERY_MS, () => this.#write(line()));
  }

  /** Throws `ClientError` when lines are missing. */
  close(): void {
    this.#timer.cancel();
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
