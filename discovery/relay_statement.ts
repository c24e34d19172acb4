/** What a relay sends to be listed, or to be taken out: whether it is of the right form and really from that relay. */
import { certificatePublicKey, MAX_CERTIFICATE_BYTES } from "../proto/certificate.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import { WireError } from "../proto/errors.ts";
import {
  farewellTranscript,
  parseRelayFarewell,
  parseRelayRecord,
  type RelayFarewell,
  type RelayRecord,
  verifyRelayRecord,
} from "../proto/registry_record.ts";
import { type Refusal, refused } from "./answers.ts";

/** How far the clocks of relay and registry may be apart, network included. */
export const MAX_SKEW_MS = 120_000;

type Checks = Pick<Crypto, "sha256" | "ed25519Verify">;

/** Form only; whose it is costs more and is asked for later. */
export function readRegistration(body: unknown): RelayRecord | Refusal {
  const record = parseRelayRecord(body);
  return typeof record === "string"
    ? refused("invalid", `The record is refused: ${record}.`)
    : record;
}

/** Null when the certificate in `body` is the one that the record names and its key signed the record. */
export function provenance(crypto: Checks, record: RelayRecord, body: unknown): Refusal | null {
  const cert = certificateOf(body);
  if (cert === null) return refused("invalid", "cert is no certificate in base64.");
  if (crypto.sha256(cert).toHex() !== record.tls_fingerprint) {
    return refused("bad_signature", "tls_fingerprint is not that of the certificate.");
  }
  let key: Uint8Array;
  try {
    key = certificatePublicKey(cert);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return refused("invalid", "cert is no certificate with an Ed25519 key.");
  }
  if (key.toHex() !== record.public_key) {
    return refused("bad_signature", "public_key is not that of the certificate.");
  }
  if (verifyRelayRecord(crypto, record)) return null;
  return refused("bad_signature", "The signature does not fit the record.");
}

export interface SignedFarewell extends RelayFarewell {
  readonly signature: Uint8Array;
}

export function readFarewell(body: unknown): SignedFarewell | Refusal {
  const farewell = parseRelayFarewell(body);
  if (typeof farewell === "string") {
    return refused("invalid", `The farewell is refused: ${farewell}.`);
  }
  const { signature } = body as Record<string, unknown>;
  if (typeof signature !== "string" || !/^[0-9a-f]{128}$/.test(signature)) {
    return refused("invalid", "signature is not 128 hex digits.");
  }
  return { ...farewell, signature: Uint8Array.fromHex(signature) };
}

/** Whether the relay of this key (hex) signed it. */
export function isFarewellOf(
  crypto: Pick<Crypto, "ed25519Verify">,
  farewell: SignedFarewell,
  publicKey: string,
): boolean {
  return crypto.ed25519Verify(
    Uint8Array.fromHex(publicKey),
    farewellTranscript(farewell),
    farewell.signature,
  );
}

function certificateOf(body: unknown): Uint8Array | null {
  const { cert } = body as Record<string, unknown>;
  if (typeof cert !== "string" || cert.length > Math.ceil(MAX_CERTIFICATE_BYTES / 3) * 4) {
    return null;
  }
  try {
    const bytes = Uint8Array.fromBase64(cert);
    return bytes.length > 0 && bytes.length <= MAX_CERTIFICATE_BYTES ? bytes : null;
  } catch {
    return null;
  }
}
