/** Who somebody is: the 32-byte seed, the keys derived from it, and the fingerprint others know them by. */
import type { Crypto } from "./crypto_port.ts";
import { WireError } from "./errors.ts";

/** Length of a seed, and of every key and secret derived from one. */
export const SEED_BYTES = 32;

const SEED_TEXT_DIGITS = 2 * SEED_BYTES;
const FINGERPRINT_BYTES = 16;
/** Longer text is no fingerprint, whatever it holds. */
const MAX_FINGERPRINT_TEXT = 1024;
const NO_SALT = new Uint8Array(0);

/** A new random seed. */
export function generateSeed(crypto: Pick<Crypto, "random">): Uint8Array {
  return crypto.random(SEED_BYTES);
}

/** The content of an identity file: 64 lower-case hex digits. */
export function formatSeed(seed: Uint8Array): string {
  return requireSeed(seed).toHex();
}

/** Reads the content of an identity file: white space around it and upper case are accepted, nothing else. */
export function parseSeed(text: string): Uint8Array {
  const digits = text.trim();
  // The text may be a damaged secret, so the reason never quotes it.
  const reason = digits.length === 0
    ? "it is empty"
    : digits.length !== SEED_TEXT_DIGITS
    ? `it has ${digits.length} characters, not ${SEED_TEXT_DIGITS}`
    : /^[0-9a-f]+$/i.test(digits)
    ? undefined
    : `character ${digits.search(/[^0-9a-f]/i) + 1} is not a hex digit`;
  if (reason !== undefined) throw new WireError("malformed", `Cannot parse the seed: ${reason}`);
  return Uint8Array.fromHex(digits);
}

/** Private Ed25519 seed an identity signs with. */
export function signingSecret(crypto: Pick<Crypto, "hkdf">, seed: Uint8Array): Uint8Array {
  return crypto.hkdf(requireSeed(seed), NO_SALT, "warzone-ed25519", SEED_BYTES);
}

/** Static X25519 secret of an identity; derived, but used by no message of protocol v1. */
export function exchangeSecret(crypto: Pick<Crypto, "hkdf">, seed: Uint8Array): Uint8Array {
  return crypto.hkdf(requireSeed(seed), NO_SALT, "warzone-x25519", SEED_BYTES);
}

/** Fingerprint `xxxx:xxxx:...` (39 characters) of an Ed25519 identity key. */
export function fingerprintOf(crypto: Pick<Crypto, "sha256">, publicKey: Uint8Array): string {
  return formatFingerprint(crypto.sha256(publicKey));
}

/**
 * The one spelling of a fingerprint that everything compares. Reads hex digits and skips all other characters;
 * at least 16 bytes are needed and those after them are ignored.
 */
export function parseFingerprint(text: string): string {
  if (text.length > MAX_FINGERPRINT_TEXT) {
    throw new WireError("too_large", `Cannot parse the fingerprint: ${text.length} characters`);
  }
  const digits = text.replace(/[^0-9a-f]/gi, "");
  if (digits.length % 2 !== 0) {
    throw new WireError("malformed", "Cannot parse the fingerprint: odd number of hex digits");
  }
  if (digits.length < 2 * FINGERPRINT_BYTES) {
    throw new WireError(
      "truncated",
      `Cannot parse the fingerprint: ${digits.length} hex digits, not ${2 * FINGERPRINT_BYTES}`,
    );
  }
  return formatFingerprint(Uint8Array.fromHex(digits));
}

/** An identity that can sign. Its secret is in no property, text or JSON form of the object. */
export class Identity {
  /** Ed25519 key, 32 bytes: `identity_pub` of the messages. */
  readonly publicKey: Uint8Array;
  /** Static X25519 key, 32 bytes. */
  readonly exchangeKey: Uint8Array;
  /** `xxxx:xxxx:...` of the public key. */
  readonly fingerprint: string;
  readonly #crypto: Crypto;
  readonly #secret: Uint8Array;

  constructor(crypto: Crypto, seed: Uint8Array) {
    this.#crypto = crypto;
    this.#secret = signingSecret(crypto, seed);
    this.publicKey = crypto.ed25519Public(this.#secret);
    this.exchangeKey = crypto.x25519Public(exchangeSecret(crypto, seed));
    this.fingerprint = fingerprintOf(crypto, this.publicKey);
  }

  /** Ed25519 signature, 64 bytes. */
  sign(message: Uint8Array): Uint8Array {
    return this.#crypto.ed25519Sign(this.#secret, message);
  }

  toJSON(): { fingerprint: string } {
    return { fingerprint: this.fingerprint };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Identity ${this.fingerprint}`;
  }
}

function formatFingerprint(bytes: Uint8Array): string {
  const digits = bytes.subarray(0, FINGERPRINT_BYTES).toHex();
  return (digits.match(/.{4}/g) ?? []).join(":");
}

function requireSeed(seed: Uint8Array): Uint8Array {
  if (seed.length !== SEED_BYTES) {
    throw new RangeError(`A seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  }
  return seed;
}
