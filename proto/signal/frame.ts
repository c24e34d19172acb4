/** The frame around a message on a stream: its length as u32 (big-endian), then its JSON, then the end. */
import { WireError } from "../errors.ts";
import { encodeSignal } from "./encode.ts";
import { type KnownSignal, MAX_MESSAGE_BYTES } from "./signal.ts";

const HEADER_BYTES = 4;

/** Everything to write on the stream, to be written in one go. Throws like `encodeSignal`. */
export function encodeFrame(message: KnownSignal): Uint8Array {
  const json = encodeSignal(message);
  const frame = new Uint8Array(HEADER_BYTES + json.length);
  new DataView(frame.buffer).setUint32(0, json.length);
  frame.set(json, HEADER_BYTES);
  return frame;
}

/**
 * Finds the one message of a stream in chunks of any size. Holds at most twice the bytes that arrived,
 * whatever length was claimed.
 */
export class FrameReader {
  readonly #maxLength: number;
  #headerBytes = 0;
  #length = 0;
  #buffer = new Uint8Array(0);
  #received = 0;
  #complete = false;

  /** `maxLength`: most bytes of the message, where its sender needs fewer than the protocol allows. */
  constructor(maxLength: number = MAX_MESSAGE_BYTES) {
    this.#maxLength = Math.min(maxLength, MAX_MESSAGE_BYTES);
  }

  /**
   * Takes the next chunk; the message's JSON once it is complete, else null. Bytes after it are ignored. The result
   * may be part of the chunk. Throws `WireError` `too_large`, after which the stream is of no more use.
   */
  push(chunk: Uint8Array): Uint8Array | null {
    if (this.#complete) return null;
    let at = 0;
    while (this.#headerBytes < HEADER_BYTES) {
      const byte = chunk[at];
      if (byte === undefined) return null;
      this.#length = this.#length * 256 + byte;
      this.#headerBytes++;
      at++;
    }
    if (this.#length > this.#maxLength) {
      throw new WireError("too_large", `Cannot read message: ${this.#length} bytes announced`);
    }
    const part = chunk.subarray(at, at + this.#length - this.#received);
    this.#complete = this.#received + part.length === this.#length;
    // The ordinary case, a message in one chunk, needs no copy.
    if (this.#complete && this.#received === 0) return part;
    this.#append(part);
    return this.#complete ? this.#buffer.subarray(0, this.#length) : null;
  }

  /** Call at the end of the stream. Throws `WireError` `truncated` when no message was complete. */
  end(): void {
    if (!this.#complete) {
      throw new WireError("truncated", "Cannot read message: stream ended before its end");
    }
  }

  #append(part: Uint8Array): void {
    const needed = this.#received + part.length;
    if (needed > this.#buffer.length) {
      // Doubling keeps many tiny chunks cheap.
      const grown = new Uint8Array(Math.min(this.#length, Math.max(needed, 2 * this.#received)));
      grown.set(this.#buffer.subarray(0, this.#received));
      this.#buffer = grown;
    }
    this.#buffer.set(part, this.#received);
    this.#received = needed;
  }
}
