/** Where the media of a call goes, from what the relay says of itself. */
import { parseRelayEntry } from "../../proto/relay_entry.ts";
import type { SignalOf } from "../../proto/signal/mod.ts";
import {
  formatSocketAddress,
  parseSocketAddress,
  type SocketAddress,
} from "../../proto/socket_address.ts";

/** A relay, and the SHA-256 of the certificate it must show. */
export interface MediaTarget {
  readonly address: SocketAddress;
  readonly pin?: Uint8Array;
}

/**
 * The relay where a call's media goes. Another one than that in use is told with its fingerprint; who pins goes to none
 * without, and to the one in use instead, from where the other party is heard too.
 */
export function mediaTarget(
  { relay_addr, ext }: Pick<SignalOf<"CallSetup">, "relay_addr" | "ext">,
  { address: used, pin }: MediaTarget,
): MediaTarget {
  const address = mediaAddress(relay_addr, used);
  const own = { address: used, ...(pin && { pin }) };
  const named = formatSocketAddress(address);
  if (named === formatSocketAddress(used)) return own;
  const told = parseRelayEntry(ext?.relay ?? "");
  const isThat = told !== null && formatSocketAddress(told.address) === named;
  const fingerprint = isThat ? told.fingerprint : null;
  if (fingerprint !== null) return { address, pin: Uint8Array.fromHex(fingerprint) };
  // A relay that names no other one has another address of its own there.
  if ((ext?.relay ?? null) === null) return { ...own, address };
  return pin === undefined ? { address } : own;
}

/**
 * The address a relay advertises. One that nobody can use (it does not parse, names no machine or is of the other
 * family than our socket) stands for the relay we already use.
 */
export function mediaAddress(advertised: string, used: SocketAddress): SocketAddress {
  const address = parseSocketAddress(advertised);
  if (address === null || address.port === 0) return used;
  if (address.ip === "0.0.0.0" || address.ip === "::") return used;
  return address.ip.includes(":") === used.ip.includes(":") ? address : used;
}
