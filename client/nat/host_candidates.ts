/** Addresses of this machine that a neighbour could reach our socket at. */
import { canonicalIp, formatSocketAddress, ipv6Groups } from "../../proto/socket_address.ts";
import { isLinkLocal, isLoopback, isPrivate } from "./classify.ts";

/**
 * Of these interface addresses those worth telling, with our port. Public IPv4 addresses are left out: the relay
 * sees those itself. IPv6 only for a socket that has it, and of it global and unique local addresses.
 */
export function hostCandidates(
  addresses: readonly string[],
  port: number,
  ipv6: boolean,
): string[] {
  const found = new Set<string>();
  for (const text of addresses) {
    const ip = canonicalIp(text);
    if (ip === null || isLoopback(ip) || isLinkLocal(ip)) continue;
    const counts = ip.includes(":") ? ipv6 && isGlobalOrUnique(ip) : !ipv6 && isPrivate(ip);
    if (counts) found.add(formatSocketAddress({ ip, port }));
  }
  return [...found];
}

/** 2000::/3 and fc00::/7. */
function isGlobalOrUnique(ip: string): boolean {
  const first = ipv6Groups(ip)?.[0] ?? 0;
  return (first & 0xe000) === 0x2000 || (first & 0xfe00) === 0xfc00;
}
