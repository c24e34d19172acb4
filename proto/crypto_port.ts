/**
 * The little cryptography the wire needs, as a synchronous port: the relay puts `node:crypto` behind it
 * (`node_crypto.ts`), a browser may put another library there.
 */
export interface Crypto {
  /** Cryptographically secure random bytes. */
  random(length: number): Uint8Array;
  sha256(data: Uint8Array): Uint8Array;
  /** HKDF-SHA256. An empty salt means 32 zero bytes. */
  hkdf(ikm: Uint8Array, salt: Uint8Array, info: string, length: number): Uint8Array;
  /** Public key of a 32-byte Ed25519 private seed (RFC 8032). */
  ed25519Public(seed: Uint8Array): Uint8Array;
  ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** False for anything that is not a valid signature, for wrong lengths and for keys of small order. Never throws. */
  ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  x25519Public(secret: Uint8Array): Uint8Array;
  /** Shared secret, or null when the peer's key is of low order or of the wrong length. */
  x25519(secret: Uint8Array, peerPublic: Uint8Array): Uint8Array | null;
  /** ChaCha20-Poly1305: ciphertext followed by the 16-byte tag. */
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array;
  /** The plain text, or null when the tag does not fit. */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | null;
  /** Compares in time that depends on the lengths only. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
