/** Relays and their names as messages spell them. */
import { formatTlsFingerprint, parseTlsFingerprint } from "../../proto/certificate.ts";
import { WireError } from "../../proto/errors.ts";
import type { RelayKey } from "../link.ts";

/** A relay as it is written on the wire, in colon form. */
export function relayText(relay: RelayKey): string {
  return formatTlsFingerprint(Uint8Array.fromHex(relay));
}

/** The relay that a message names; null for what is no TLS fingerprint. */
export function readRelayText(text: string): RelayKey | null {
  try {
    return parseTlsFingerprint(text).toHex();
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** What is not visible, and `|`, which separates a name from an address in lists of relays. */
const UNWANTED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}|]/gu;

/** A name that another relay gave, as it may be shown: visible, on one line, not long. */
export function cleanName(text: string, maxLength = 64): string {
  // Bounded before and after: what is cleaned may be a megabyte, and cutting may halve a character.
  return text.slice(0, 4 * maxLength).replace(UNWANTED, "").slice(0, maxLength).toWellFormed();
}
