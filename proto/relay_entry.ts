/** Another relay in a list for clients: `name|addr`, or between our own `name|addr|fingerprint`. */
import { formatSocketAddress, parseSocketAddress, type SocketAddress } from "./socket_address.ts";

export interface RelayEntry {
  /** Without `|`, at most `MAX_RELAY_NAME` characters; may be empty. */
  readonly name: string;
  readonly address: SocketAddress;
  /** TLS fingerprint to pin, 64 lower-case hex digits; null where the list does not tell it. */
  readonly fingerprint: string | null;
}

/** Longest name in an entry, in UTF-16 units. */
export const MAX_RELAY_NAME = 64;

/** Characters that are not visible, and the one that separates. */
const UNWANTED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}|]/gu;
const FINGERPRINT = /^[0-9a-f]{64}$/;

/** Null for what names no address that can be dialled, or a fingerprint that is none. */
export function parseRelayEntry(text: string): RelayEntry | null {
  const bar = text.indexOf("|");
  if (bar < 0) return null;
  const [addr = "", fingerprint, ...more] = text.slice(bar + 1).split("|", 3);
  const address = parseSocketAddress(addr);
  if (address === null || address.port === 0 || more.length > 0) return null;
  if (fingerprint !== undefined && !FINGERPRINT.test(fingerprint)) return null;
  return { name: entryName(text.slice(0, bar)), address, fingerprint: fingerprint ?? null };
}

/** The entry as text; a name is cleaned of what an entry cannot hold. */
export function formatRelayEntry({ name, address, fingerprint }: RelayEntry): string {
  const entry = `${entryName(name)}|${formatSocketAddress(address)}`;
  return fingerprint === null ? entry : `${entry}|${fingerprint}`;
}

function entryName(text: string): string {
  // Bounded before and after: what is cleaned may be long, and cutting may halve a character.
  const cut = text.slice(0, 4 * MAX_RELAY_NAME).replace(UNWANTED, "").slice(0, MAX_RELAY_NAME);
  return cut.toWellFormed();
}
