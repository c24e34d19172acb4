/** How relays are named on the wire and inside. */
import { formatTlsFingerprint, parseTlsFingerprint } from "../proto/certificate.ts";
import { WireError } from "../proto/errors.ts";
import type { RelayKey } from "./link.ts";

/** The relay that a fingerprint in any spelling names, or null for anything else. */
export function relayKeyOf(text: string): RelayKey | null {
  try {
    return parseTlsFingerprint(text).toHex();
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** The colon form, in which relays are named in messages. */
export function wireRelay(relay: RelayKey): string {
  return formatTlsFingerprint(Uint8Array.fromHex(relay));
}
