/** Signed presence: a client proves that the identity it registers on a relay is its own. */
import { concatBytes } from "./concat_bytes.ts";
import type { Crypto } from "./crypto_port.ts";
import type { Identity } from "./identity.ts";

/** A registration is valid this long before and after the moment it names, by the relay's clock. */
export const PRESENCE_VALIDITY_MS = 120_000;

/** Length of the nonce that makes a registration valid once. */
export const PRESENCE_NONCE_BYTES = 16;

/** Nonces kept at most: more registrations within the validity than a relay has callers, in about 15 MB. */
const PRESENCE_NONCE_CAPACITY = 65_536;

const LABEL = new TextEncoder().encode("wzp-presence/1");
const KEY_BYTES = 32;
const FINGERPRINT_BYTES = 32;
const UNKNOWN_RELAY = new Uint8Array(FINGERPRINT_BYTES);

/** What a client signs, apart from the relay it registers on. */
export interface PresenceClaim {
  /** `RegisterPresence.identity_pub`, 32 bytes. */
  readonly identityPublic: Uint8Array;
  /** `ext.issued_at`, milliseconds since 1970. */
  readonly issuedAt: number;
  /** `ext.nonce`, 16 bytes. */
  readonly nonce: Uint8Array;
}

/** Why a registration is refused: `presence_busy` when too many nonces are remembered to tell a replay. */
export type PresenceRefusal =
  | "presence_forged"
  | "presence_expired"
  | "presence_replayed"
  | "presence_busy";

/** The signed bytes; `relay` is the TLS fingerprint of the relay, null when the client does not know it. */
export function presenceTranscript(claim: PresenceClaim, relay: Uint8Array | null): Uint8Array {
  const issuedAt = new Uint8Array(8);
  new DataView(issuedAt.buffer).setBigUint64(0, BigInt(claim.issuedAt));
  return concatBytes(
    LABEL,
    requireLength("relay fingerprint", relay ?? UNKNOWN_RELAY, FINGERPRINT_BYTES),
    requireLength("identity key", claim.identityPublic, KEY_BYTES),
    issuedAt,
    requireLength("nonce", claim.nonce, PRESENCE_NONCE_BYTES),
  );
}

/** A claim for now with a fresh nonce, and its signature. */
export function signPresence(
  crypto: Pick<Crypto, "random">,
  identity: Identity,
  relay: Uint8Array | null,
  now: number,
): { claim: PresenceClaim; signature: Uint8Array } {
  const claim = {
    identityPublic: identity.publicKey,
    issuedAt: Math.trunc(now),
    nonce: crypto.random(PRESENCE_NONCE_BYTES),
  };
  return { claim, signature: identity.sign(presenceTranscript(claim, relay)) };
}

/** The relay's side: checks registrations and remembers their nonces while they could be replayed. */
export class PresenceVerifier {
  readonly #crypto: Pick<Crypto, "ed25519Verify">;
  readonly #relay: Uint8Array;
  readonly #nonces: NonceStore;

  /** `relay` is this relay's own TLS fingerprint, 32 bytes. */
  constructor(
    crypto: Pick<Crypto, "ed25519Verify">,
    relay: Uint8Array,
    capacity = PRESENCE_NONCE_CAPACITY,
  ) {
    this.#crypto = crypto;
    this.#relay = requireLength("relay fingerprint", relay, FINGERPRINT_BYTES);
    this.#nonces = new NonceStore(capacity);
  }

  /** Nonces remembered at the moment. */
  get remembered(): number {
    return this.#nonces.size;
  }

  /** Null when the registration is valid; `now` is wall-clock time in milliseconds. Never throws. */
  refusal(claim: PresenceClaim, signature: Uint8Array, now: number): PresenceRefusal | null {
    if (!isWellFormed(claim)) return "presence_forged";
    if (!(Math.abs(now - claim.issuedAt) <= PRESENCE_VALIDITY_MS)) return "presence_expired";
    // Only genuine registrations are remembered, so that strangers cannot fill the store.
    if (
      !this.#isSignedFor(this.#relay, claim, signature) &&
      !this.#isSignedFor(null, claim, signature)
    ) {
      return "presence_forged";
    }
    return this.#nonces.add(claim.nonce.toHex() + claim.identityPublic.toHex(), now);
  }

  #isSignedFor(relay: Uint8Array | null, claim: PresenceClaim, signature: Uint8Array): boolean {
    return this.#crypto.ed25519Verify(
      claim.identityPublic,
      presenceTranscript(claim, relay),
      signature,
    );
  }
}

/**
 * Two generations of nonces. One accepted early can be valid for twice the validity, so a generation lasts that
 * long, and a nonce is forgotten only with the generation after its own: never while it could be replayed.
 */
class NonceStore {
  static readonly #GENERATION_MS = 2 * PRESENCE_VALIDITY_MS;
  readonly #capacity: number;
  #current = new Set<string>();
  #previous = new Set<string>();
  #startedAt = -Infinity;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  add(nonce: string, now: number): "presence_replayed" | "presence_busy" | null {
    this.#turn(now);
    if (this.#current.has(nonce) || this.#previous.has(nonce)) return "presence_replayed";
    if (this.size >= this.#capacity) return "presence_busy";
    this.#current.add(nonce);
    return null;
  }

  #turn(now: number): void {
    const age = now - this.#startedAt;
    if (age <= NonceStore.#GENERATION_MS) return;
    this.#previous = age <= 2 * NonceStore.#GENERATION_MS ? this.#current : new Set();
    this.#current = new Set();
    this.#startedAt = now;
  }
}

function isWellFormed(claim: PresenceClaim): boolean {
  return claim.identityPublic.length === KEY_BYTES &&
    claim.nonce.length === PRESENCE_NONCE_BYTES &&
    Number.isSafeInteger(claim.issuedAt) && claim.issuedAt >= 0;
}

function requireLength(what: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) {
    throw new RangeError(`The ${what} has ${bytes.length} bytes, not ${length}`);
  }
  return bytes;
}
