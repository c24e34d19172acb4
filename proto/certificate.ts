/** The relay's TLS certificate, fixed to the last byte by its seed, and what can be read from a peer's. */
import type { Crypto } from "./crypto_port.ts";
import { der, DerReader, DerTag, derUnsigned } from "./der.ts";
import { WireError } from "./errors.ts";
import { SEED_BYTES } from "./identity.ts";

/** Length of a TLS fingerprint in bytes. */
export const TLS_FINGERPRINT_BYTES = 32;

/** A peer's certificate may have this many bytes; relays' own have 289 at most. */
export const MAX_CERTIFICATE_BYTES = 8192;

const SERIAL_BYTES = 20;
const ED25519_OID = Uint8Array.fromHex("2b6570");
const COMMON_NAME_OID = Uint8Array.fromHex("550403");
const SUBJECT_ALT_NAME_OID = Uint8Array.fromHex("551d11");
const CONTEXT_0 = 0xa0;
const CONTEXT_3 = 0xa3;
const DNS_NAME = 0x82;

/** Private Ed25519 seed of a relay's TLS key; not the key its identity signs with. */
export function tlsSecret(crypto: Pick<Crypto, "hkdf">, seed: Uint8Array): Uint8Array {
  if (seed.length !== SEED_BYTES) {
    throw new RangeError(`A seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  }
  return crypto.hkdf(seed, new Uint8Array(0), "wzp-tls-ed25519", SEED_BYTES);
}

/**
 * Certificate and TLS key of a relay. The original derives the same bytes from the same seed, and desktop clients
 * warn when they change. Only the private key methods give the secret away.
 */
export class RelayCertificate {
  readonly der: Uint8Array;
  /** Ed25519 key of the certificate, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of the certificate, 32 bytes. */
  readonly fingerprintBytes: Uint8Array;
  /** The same as `xx:xx:...`, 95 characters. */
  readonly fingerprint: string;
  readonly #crypto: Crypto;
  readonly #secret: Uint8Array;

  constructor(crypto: Crypto, seed: Uint8Array) {
    this.#crypto = crypto;
    this.#secret = tlsSecret(crypto, seed);
    this.publicKey = crypto.ed25519Public(this.#secret);
    const body = toBeSigned(crypto, this.publicKey);
    const signature = bitString(this.sign(body));
    this.der = der(DerTag.sequence, body, ed25519Algorithm(), signature);
    this.fingerprintBytes = crypto.sha256(this.der);
    this.fingerprint = formatTlsFingerprint(this.fingerprintBytes);
  }

  /** Signs with the TLS key, as the federation proof asks. */
  sign(message: Uint8Array): Uint8Array {
    return this.#crypto.ed25519Sign(this.#secret, message);
  }

  /** The private key as PKCS#8. Secret. */
  privateKeyDer(): Uint8Array {
    const key = der(DerTag.octetString, der(DerTag.octetString, this.#secret));
    return der(DerTag.sequence, derUnsigned(Uint8Array.of(0)), ed25519Algorithm(), key);
  }

  toJSON(): { fingerprint: string } {
    return { fingerprint: this.fingerprint };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `RelayCertificate ${this.fingerprint}`;
  }
}

/** TLS fingerprint in the 95-character form `xx:xx:...` that relays print and send. */
export function formatTlsFingerprint(fingerprint: Uint8Array): string {
  if (fingerprint.length !== TLS_FINGERPRINT_BYTES) {
    throw new RangeError(`A TLS fingerprint has 32 bytes, not ${fingerprint.length}`);
  }
  return (fingerprint.toHex().match(/../g) ?? []).join(":");
}

/** The 32 bytes of a TLS fingerprint in colon form or as bare hex digits, in either case. */
export function parseTlsFingerprint(text: string): Uint8Array {
  const trimmed = text.length > 256 ? "" : text.trim();
  if (!/^(?:[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i.test(trimmed)) {
    throw new WireError(
      "malformed",
      "Cannot parse the TLS fingerprint: 64 hex digits are due, bare or as 32 pairs joined by colons",
    );
  }
  return Uint8Array.fromHex(trimmed.replaceAll(":", ""));
}

/** The colon form of a TLS fingerprint in any spelling: what fingerprints are compared in. */
export function normalizeTlsFingerprint(text: string): string {
  return formatTlsFingerprint(parseTlsFingerprint(text));
}

/** The Ed25519 key of a peer's certificate; `WireError` for any other key and for anything that is not a certificate. */
export function certificatePublicKey(certificate: Uint8Array): Uint8Array {
  if (certificate.length > MAX_CERTIFICATE_BYTES) {
    throw new WireError("too_large", `Certificate of ${certificate.length} bytes`);
  }
  const outer = new DerReader(certificate);
  const parts = outer.sequence();
  outer.end();
  const body = parts.sequence();
  parts.read(DerTag.sequence);
  parts.read(DerTag.bitString);
  parts.end();
  if (body.nextTag === CONTEXT_0) body.read(CONTEXT_0);
  body.read(DerTag.integer);
  // Signature algorithm, issuer, validity, subject.
  for (let skipped = 0; skipped < 4; skipped++) body.read(DerTag.sequence);
  const keyInfo = body.sequence();
  const algorithm = keyInfo.sequence();
  const objectId = algorithm.read(DerTag.objectId);
  const key = keyInfo.read(DerTag.bitString);
  keyInfo.end();
  if (objectId.toHex() !== ED25519_OID.toHex() || algorithm.nextTag !== undefined) {
    throw new WireError("malformed", "Certificate with a key that is not Ed25519");
  }
  if (key.length !== 33 || key[0] !== 0) {
    throw new WireError("malformed", "Certificate with an Ed25519 key that is not 32 bytes");
  }
  return key.slice(1);
}

function toBeSigned(crypto: Pick<Crypto, "sha256">, publicKey: Uint8Array): Uint8Array {
  const serial = crypto.sha256(publicKey).slice(0, SERIAL_BYTES);
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const name = der(
    DerTag.sequence,
    der(
      DerTag.set,
      der(
        DerTag.sequence,
        der(DerTag.objectId, COMMON_NAME_OID),
        der(DerTag.utf8String, ascii("rcgen self signed cert")),
      ),
    ),
  );
  const validity = der(
    DerTag.sequence,
    der(DerTag.utcTime, ascii("750101000000Z")),
    der(DerTag.generalizedTime, ascii("40960101000000Z")),
  );
  const alternativeName = der(
    DerTag.sequence,
    der(DerTag.objectId, SUBJECT_ALT_NAME_OID),
    der(DerTag.octetString, der(DerTag.sequence, der(DNS_NAME, ascii("localhost")))),
  );
  return der(
    DerTag.sequence,
    der(CONTEXT_0, derUnsigned(Uint8Array.of(2))),
    derUnsigned(serial),
    ed25519Algorithm(),
    name,
    validity,
    name,
    der(DerTag.sequence, ed25519Algorithm(), bitString(publicKey)),
    der(CONTEXT_3, der(DerTag.sequence, alternativeName)),
  );
}

function ed25519Algorithm(): Uint8Array {
  return der(DerTag.sequence, der(DerTag.objectId, ED25519_OID));
}

function bitString(bytes: Uint8Array): Uint8Array {
  return der(DerTag.bitString, Uint8Array.of(0), bytes);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
