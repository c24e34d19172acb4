/** A cursor over received bytes that fails with one error type when they run out. */
import { QuicError } from "../errors.ts";

export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new QuicError("protocol", "The server's answer is cut short.");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Unsigned big-endian integer of 1 to 4 bytes. */
  uint(length: number): number {
    let value = 0;
    for (const byte of this.take(length)) value = value * 256 + byte;
    return value;
  }

  /** QUIC variable-length integer (RFC 9000, 16). */
  varint(): number {
    const first = this.uint(1);
    let value = first & 0x3f;
    for (const byte of this.take((1 << (first >> 6)) - 1)) value = value * 256 + byte;
    return value;
  }
}
