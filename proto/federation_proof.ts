/** Federation challenge: the dialling relay proves that it holds the key of the certificate it shows. */
import {
  certificatePublicKey,
  type RelayCertificate,
  TLS_FINGERPRINT_BYTES,
} from "./certificate.ts";
import { concatBytes } from "./concat_bytes.ts";
import type { Crypto } from "./crypto_port.ts";
import { WireError } from "./errors.ts";

/** Length of the nonce each side contributes. */
export const FEDERATION_NONCE_BYTES = 16;

const LABEL = new TextEncoder().encode("wzp-federation/1");
/** Says that the signer is the dialler, so that a proof can never pass for one of the other direction. */
const DIALLER_ROLE = Uint8Array.of(0x44);

/** The values one exchange is about; fingerprints are the 32 raw bytes. */
export interface FederationExchange {
  readonly diallerFingerprint: Uint8Array;
  /** For the dialler the one it pinned in TLS, for the acceptor its own: a middleman cannot make them equal. */
  readonly acceptorFingerprint: Uint8Array;
  readonly diallerNonce: Uint8Array;
  readonly acceptorNonce: Uint8Array;
}

/** The 32 bytes the dialler signs. */
export function federationTranscript(
  crypto: Pick<Crypto, "sha256">,
  exchange: FederationExchange,
): Uint8Array {
  if (!isWellFormed(exchange)) {
    throw new RangeError(
      "A federation exchange has two fingerprints of 32 and two nonces of 16 bytes",
    );
  }
  return crypto.sha256(concatBytes(
    LABEL,
    exchange.diallerFingerprint,
    exchange.acceptorFingerprint,
    exchange.diallerNonce,
    exchange.acceptorNonce,
    DIALLER_ROLE,
  ));
}

/** `FederationProof.signature` of the relay that owns this certificate. */
export function signFederationProof(
  crypto: Pick<Crypto, "sha256">,
  certificate: RelayCertificate,
  exchange: FederationExchange,
): Uint8Array {
  return certificate.sign(federationTranscript(crypto, exchange));
}

/** Whether a certificate is the one with this fingerprint (32 bytes). */
export function certificateMatches(
  crypto: Pick<Crypto, "sha256" | "equal">,
  certificate: Uint8Array,
  fingerprint: Uint8Array,
): boolean {
  return crypto.equal(crypto.sha256(certificate), fingerprint);
}

/**
 * Whether the owner of the dialler's certificate signed this exchange. False for anything else, also for a
 * certificate that has another fingerprint or that cannot be read. Whether the fingerprint is trusted is not asked here.
 */
export function verifyFederationProof(
  crypto: Pick<Crypto, "sha256" | "equal" | "ed25519Verify">,
  certificate: Uint8Array,
  exchange: FederationExchange,
  signature: Uint8Array,
): boolean {
  if (!isWellFormed(exchange)) return false;
  if (!certificateMatches(crypto, certificate, exchange.diallerFingerprint)) return false;
  let publicKey: Uint8Array;
  try {
    publicKey = certificatePublicKey(certificate);
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
  return crypto.ed25519Verify(publicKey, federationTranscript(crypto, exchange), signature);
}

function isWellFormed(exchange: FederationExchange): boolean {
  return exchange.diallerFingerprint.length === TLS_FINGERPRINT_BYTES &&
    exchange.acceptorFingerprint.length === TLS_FINGERPRINT_BYTES &&
    exchange.diallerNonce.length === FEDERATION_NONCE_BYTES &&
    exchange.acceptorNonce.length === FEDERATION_NONCE_BYTES;
}
