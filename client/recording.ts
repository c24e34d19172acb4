/** Sound on its way into a file: raw signed 16-bit little-endian mono at 48 kHz. */
import { fileError } from "./errors.ts";
import { SAMPLE_RATE } from "./sound/sound_format.ts";
import type { SoundSink } from "./sound/voice_receiver.ts";

/** Written a second at a time. */
const BUFFER_BYTES = SAMPLE_RATE * 2;

export class Recording {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  #used = 0;
  #samples = 0;
  #failure: unknown = null;

  /** Replaces the file. Throws `ClientError`. */
  static create(path: string): Recording {
    try {
      return new Recording(
        path,
        Deno.openSync(path, { write: true, create: true, truncate: true }),
      );
    } catch (error) {
      throw fileError("write", path, error);
    }
  }

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  get path(): string {
    return this.#path;
  }

  /** Taken in so far. */
  get seconds(): number {
    return this.#samples / SAMPLE_RATE;
  }

  /** Never throws; `close` tells what went wrong. */
  readonly sink: SoundSink = (pcm) => {
    this.#samples += pcm.length;
    for (const sample of pcm) {
      this.#view.setInt16(this.#used, sample, true);
      this.#used += 2;
      if (this.#used === BUFFER_BYTES) this.#flush();
    }
  };

  /** Writes the rest. Throws `ClientError` when not everything could be written. */
  close(): void {
    this.#flush();
    this.#file.close();
    if (this.#failure !== null) throw fileError("write", this.#path, this.#failure);
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    if (this.#failure !== null) return;
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      this.#failure = error;
    }
  }
}
