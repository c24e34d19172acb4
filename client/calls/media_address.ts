/** Where the media of a call goes, from what the relay says of itself. */
import { parseSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";

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
