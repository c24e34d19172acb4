/** Memory for datagrams: pieces of larger blocks, because an allocation of its own costs more than filling it. */

/**
 * A block lives as long as a datagram in it waits to be sent. Small, so that a slow link, with its few hundred datagrams
 * waiting here and there, holds a few megabytes at most; a hundred voice packets to the allocation all the same.
 */
const BLOCK_BYTES = 16_384;

export class DatagramMemory {
  #block = new ArrayBuffer(BLOCK_BYTES);
  #used = 0;

  /** So many bytes, zeros, that nobody else has or gets. */
  take(length: number): Uint8Array {
    if (length > BLOCK_BYTES - this.#used) {
      if (length > BLOCK_BYTES) return new Uint8Array(length);
      this.#block = new ArrayBuffer(BLOCK_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += length;
    return new Uint8Array(this.#block, at, length);
  }
}
