/** Puts the pieces of one TLS byte stream (CRYPTO frames) back in order, within a bound. */

/** A certificate chain larger than this is not a relay's. */
const MAX_BYTES = 32_768;

export class CryptoStream {
  #pieces: { offset: number; bytes: Uint8Array }[] = [];
  #ready = new Uint8Array();

  /** Everything from the beginning without a gap. */
  get ready(): Uint8Array {
    return this.#ready;
  }

  add(offset: number, bytes: Uint8Array): void {
    if (offset + bytes.length > MAX_BYTES || this.#pieces.length >= 64) return;
    this.#pieces.push({ offset, bytes });
    this.#pieces.sort((a, b) => a.offset - b.offset);
    const joined = new Uint8Array(MAX_BYTES);
    joined.set(this.#ready);
    let end = this.#ready.length;
    this.#pieces = this.#pieces.filter((piece) => {
      if (piece.offset > end) return true;
      joined.set(piece.bytes, piece.offset);
      end = Math.max(end, piece.offset + piece.bytes.length);
      return false;
    });
    this.#ready = joined.slice(0, end);
  }
}
