/** Nonces of diallers that have been proven with, so that a recorded exchange is known for what it is. */

/** A mesh of a thousand relays that all restart four times; a nonce is 32 characters. */
const MAX_NONCES = 4_096;

/**
 * The acceptor's own nonce is what makes a recorded proof worthless; this gives the attempt its name. Only genuine
 * exchanges of trusted relays are remembered, so that nobody else can push one out.
 */
export class ProvenNonces {
  readonly #max: number;
  /** In order of use. */
  readonly #used = new Set<string>();

  constructor(max = MAX_NONCES) {
    this.#max = max;
  }

  has(nonce: Uint8Array): boolean {
    return this.#used.has(nonce.toHex());
  }

  add(nonce: Uint8Array): void {
    this.#used.add(nonce.toHex());
    for (const oldest of this.#used) {
      if (this.#used.size <= this.#max) return;
      this.#used.delete(oldest);
    }
  }
}
