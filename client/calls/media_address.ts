/** Where the media of a call goes, from what the relay says of itself. */
import { parseRelayEntry } from "../../proto/relay_entry.ts";
import type { SignalOf } from "../../proto/signal/mod.ts";
import {
  formatSocketAddress,
  parseSocketAddress,
  type SocketAddress,
} from "../../proto/socket_address.ts";
import { isIpv6 } from "../nat/classify.ts";
import { type ClientSocket, reaches } from "../socket.ts";

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
  socket: ClientSocket,
): MediaTarget {
  const address = mediaAddress(relay_addr, used, socket);
  const own = { address: used, ...(pin && { pin }) };
  const named = formatSocketAddress(address);
  if (named === formatSocketAddress(used)) return own;
  const told = parseRelayEntry(ext?.relay ?? "");
  const isThat = told !== null && formatSocketAddress(told.address) === named;
  const fingerprint = isThat ? told.fingerprint : null;
  if (fingerprint !== null) return { address, pin: Uint8Array.fromHex(fingerprint) };
  // A relay that names no other one has another address of its own there. In the other family that may be one it cannot
  // be reached at from here, and the one in use is as good.
  if ((ext?.relay ?? null) === null) {
    return isIpv6(address.ip) === isIpv6(used.ip) ? { ...own, address } : own;
  }
  return pin === undefined ? { address } : own;
}

/**
 * The address a relay advertises. One that cannot be used (it does not parse, names no machine or is of a family that
 * our socket does not reach) stands for the relay we already use.
 */
function mediaAddress(
  advertised: string,
  used: SocketAddress,
  socket: ClientSocket,
): SocketAddress {
  const address = parseSocketAddress(advertised);
  if (address === null || address.port === 0) return used;
  if (address.ip === "0.0.0.0" || address.ip === "::") return used;
  return reaches(socket, address.ip) ? address : used;
}
