/** Which of the relay's sockets reaches an address: they are the ones it listens on, so none has another port. */
import type { Endpoint } from "../../quic/port.ts";

/** One of the address's own family, else one that listens on every address of both; null when there is none. */
export function endpointFor(endpoints: readonly Endpoint[], ip: string): Endpoint | null {
  const isV6 = (address: string) => address.includes(":");
  const own = endpoints.find(({ localAddress }) => isV6(localAddress.ip) === isV6(ip));
  // Where IPv6 sockets do not carry IPv4 the relay has a second one for it.
  return own ?? endpoints.find(({ localAddress }) => localAddress.ip === "::" && !isV6(ip)) ?? null;
}
