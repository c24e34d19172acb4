/** Signatures of CallOffer and CallAnswer, the two messages that open a media connection. */
import { concatBytes } from "./concat_bytes.ts";
import type { Crypto } from "./crypto_port.ts";
import type { Identity } from "./identity.ts";

const KEY_BYTES = 32;
/** What is signed is the message's own ephemeral key and this label: no room, no peer, no fingerprint. */
const OFFER_LABEL = new TextEncoder().encode("call-offer");
const ANSWER_LABEL = new TextEncoder().encode("call-answer");

/** `CallOffer.signature` for this ephemeral key. */
export function signOffer(identity: Identity, ephemeralPublic: Uint8Array): Uint8Array {
  return identity.sign(signedBytes(ephemeralPublic, OFFER_LABEL));
}

/** Whether the identity key in a CallOffer signed its ephemeral key. */
export function verifyOffer(
  crypto: Pick<Crypto, "ed25519Verify">,
  identityPublic: Uint8Array,
  ephemeralPublic: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(crypto, identityPublic, ephemeralPublic, OFFER_LABEL, signature);
}

/** `CallAnswer.signature` for this ephemeral key. */
export function signAnswer(identity: Identity, ephemeralPublic: Uint8Array): Uint8Array {
  return identity.sign(signedBytes(ephemeralPublic, ANSWER_LABEL));
}

/** Whether the identity key in a CallAnswer signed its ephemeral key; says nothing about which relay that is. */
export function verifyAnswer(
  crypto: Pick<Crypto, "ed25519Verify">,
  identityPublic: Uint8Array,
  ephemeralPublic: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(crypto, identityPublic, ephemeralPublic, ANSWER_LABEL, signature);
}

function verify(
  crypto: Pick<Crypto, "ed25519Verify">,
  identityPublic: Uint8Array,
  ephemeralPublic: Uint8Array,
  label: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (ephemeralPublic.length !== KEY_BYTES) return false;
  return crypto.ed25519Verify(identityPublic, signedBytes(ephemeralPublic, label), signature);
}

function signedBytes(ephemeralPublic: Uint8Array, label: Uint8Array): Uint8Array {
  if (ephemeralPublic.length !== KEY_BYTES) {
    throw new RangeError(`An ephemeral key has ${KEY_BYTES} bytes, not ${ephemeralPublic.length}`);
  }
  return concatBytes(ephemeralPublic, label);
}
