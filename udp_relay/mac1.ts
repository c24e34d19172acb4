/** The first of the two codes at the end of a handshake message: it names the public key the message is for. */
import { blake2s, BLOCK_BYTES, compress, initialState, loadWords } from "./blake2s.ts";

export const KEY_BYTES = 32;
const MAC_BYTES = 16;
const LABEL = new TextEncoder().encode("mac1----");
/** The longest message has 116 bytes before its code. */
const WORDS = 2 * BLOCK_BYTES / 4;

/** What everybody who knows a public key can check; made once for each key. */
export class Mac1Key {
  /** With the key block taken in. */
  readonly state: Int32Array;

  constructor(publicKey: Uint8Array) {
    if (publicKey.length !== KEY_BYTES) throw new RangeError("A WireGuard key has 32 bytes");
    const labelled = new Uint8Array(LABEL.length + KEY_BYTES);
    labelled.set(LABEL);
    labelled.set(publicKey, LABEL.length);
    const words = new Int32Array(BLOCK_BYTES / 4);
    loadWords(words, blake2s(labelled), 0, KEY_BYTES);
    this.state = initialState(MAC_BYTES, KEY_BYTES);
    compress(this.state, words, 0, BLOCK_BYTES, false);
  }
}

/** One handshake message, tried against one key after another. */
export class Mac1Check {
  readonly #words = new Int32Array(WORDS);
  readonly #state = new Int32Array(8);
  readonly #code = new Int32Array(MAC_BYTES / 4);
  #covered = 0;

  /** The code stands behind the `covered` bytes, of which there are at most 128. */
  load(message: Uint8Array, covered: number): void {
    loadWords(this.#words, message, 0, covered);
    loadWords(this.#code, message, covered, MAC_BYTES);
    this.#covered = covered;
  }

  /** Nothing here is secret, so nothing depends on how long it takes. */
  fits(key: Mac1Key): boolean {
    const state = this.#state;
    state.set(key.state);
    if (this.#covered > BLOCK_BYTES) {
      compress(state, this.#words, 0, 2 * BLOCK_BYTES, false);
      compress(state, this.#words, BLOCK_BYTES / 4, BLOCK_BYTES + this.#covered, true);
    } else compress(state, this.#words, 0, BLOCK_BYTES + this.#covered, true);
    const code = this.#code;
    return state[0] === code[0] && state[1] === code[1] && state[2] === code[2] &&
      state[3] === code[3];
  }
}
