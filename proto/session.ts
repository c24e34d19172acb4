/** The key both ends of a media connection agree on, its short authentication string, and the cipher on top of it. */
import type { Crypto } from "./crypto_port.ts";

const KEY_BYTES = 32;
const SESSION_ID_BYTES = 4;
const NONCE_BYTES = 12;
const COUNTER_LIMIT = 2 ** 32;
const NO_SALT = new Uint8Array(0);

/** One side's X25519 key for one handshake or one rekey. The secret stays inside. */
export class EphemeralKey {
  /** `ephemeral_pub` of the messages, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly #crypto: Crypto;
  readonly #secret: Uint8Array;

  /** A fresh key, unless a secret is given. */
  constructor(crypto: Crypto, secret: Uint8Array = crypto.random(KEY_BYTES)) {
    this.#crypto = crypto;
    this.#secret = secret.slice();
    this.publicKey = crypto.x25519Public(this.#secret);
  }

  /** The shared secret, or null when the peer's key cannot be used. Secret. */
  agree(peerPublic: Uint8Array): Uint8Array | null {
    return this.#crypto.x25519(this.#secret, peerPublic);
  }
}

/** Session key of a shared secret. Secret. */
export function sessionKey(crypto: Pick<Crypto, "hkdf">, shared: Uint8Array): Uint8Array {
  return crypto.hkdf(shared, NO_SALT, "warzone-session-key", KEY_BYTES);
}

/** The four digits two people can read to each other. */
export function sessionSas(crypto: Pick<Crypto, "hkdf">, shared: Uint8Array): string {
  const bytes = crypto.hkdf(shared, NO_SALT, "warzone-sas-code", 4);
  const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return String(value % 10_000).padStart(4, "0");
}

/** The key that replaces `oldKey` after a new exchange. Secret. */
export function rekeyedSessionKey(
  crypto: Pick<Crypto, "hkdf">,
  oldKey: Uint8Array,
  shared: Uint8Array,
): Uint8Array {
  return crypto.hkdf(shared, oldKey, "warzone-rekey", KEY_BYTES);
}

/** First 4 bytes of the key's hash: what nonces start with. */
export function sessionId(crypto: Pick<Crypto, "sha256">, key: Uint8Array): Uint8Array {
  return crypto.sha256(key).slice(0, SESSION_ID_BYTES);
}

/** Session id, counter, direction byte (always 0, see `Session`), three zero bytes. */
export function sessionNonce(id: Uint8Array, counter: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(id);
  new DataView(nonce.buffer).setUint32(SESSION_ID_BYTES, counter);
  return nonce;
}

/**
 * Cipher state of one end. The wire gives both directions the same nonces, so a session in which both ends seal
 * reuses nonces: let one end only seal, or have a session each way. Protocol v1 encrypts no media with it.
 * The counters count packets and are not sent: a lost packet puts the two ends out of step until the next rekey.
 */
export class Session {
  /** Both ends show the same four digits unless somebody sits between them. */
  readonly sas: string;
  readonly #crypto: Crypto;
  #key: Uint8Array;
  #id: Uint8Array;
  #sealed = 0;
  #opened = 0;

  /** The session of two ephemeral keys, or null when the peer's cannot be used. */
  static agree(crypto: Crypto, own: EphemeralKey, peerPublic: Uint8Array): Session | null {
    const shared = own.agree(peerPublic);
    return shared === null ? null : new Session(crypto, shared);
  }

  private constructor(crypto: Crypto, shared: Uint8Array) {
    this.#crypto = crypto;
    this.sas = sessionSas(crypto, shared);
    this.#key = sessionKey(crypto, shared);
    this.#id = sessionId(crypto, this.#key);
  }

  /** Ciphertext and tag of the next outgoing packet; `aad` (its header) is authenticated, not encrypted. */
  seal(aad: Uint8Array, plain: Uint8Array): Uint8Array {
    const nonce = this.#nonce(this.#sealed);
    this.#sealed++;
    return this.#crypto.seal(this.#key, nonce, aad, plain);
  }

  /** The next incoming packet's plain text, or null when it is not that packet; then the counter stays. */
  open(aad: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const plain = this.#crypto.open(this.#key, this.#nonce(this.#opened), aad, sealed);
    if (plain !== null) this.#opened++;
    return plain;
  }

  /** Moves on to a new key with both counters at 0; false, and nothing changed, when the peer's key cannot be used. */
  rekey(own: EphemeralKey, peerPublic: Uint8Array): boolean {
    const shared = own.agree(peerPublic);
    if (shared === null) return false;
    this.#key = rekeyedSessionKey(this.#crypto, this.#key, shared);
    this.#id = sessionId(this.#crypto, this.#key);
    this.#sealed = 0;
    this.#opened = 0;
    return true;
  }

  #nonce(counter: number): Uint8Array {
    if (counter >= COUNTER_LIMIT) {
      throw new RangeError("The session needs a rekey: its counter is used up");
    }
    return sessionNonce(this.#id, counter);
  }
}
