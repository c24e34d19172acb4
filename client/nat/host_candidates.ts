/** Addresses of this machine that a neighbour could reach our socket at. */
import { canonicalIp, formatSocketAddress, ipv6Groups } from "../../proto/socket_address.ts";
import { isIpv6, isLinkLocal, isLoopback, isPrivate, isUniqueLocal } from "./classify.ts";

/**
 * Of these interface addresses those worth telling, with our port: of the families that our socket has, IPv4 first,
 * because clients of the original kind dial no other. Public IPv4 addresses are left out: the relay sees those itself.
 * Of IPv6 the global and unique local ones count.
 */
export function hostCandidates(
  addresses: readonly string[],
  port: number,
  has: (ip: string) => boolean,
): string[] {
  const [ipv4, ipv6] = [new Set<string>(), new Set<string>()];
  for (const text of addresses) {
    const ip = canonicalIp(text);
    if (ip === null || isLoopback(ip) || isLinkLocal(ip) || !has(ip)) continue;
    const candidate = formatSocketAddress({ ip, port });
    if (isPrivate(ip)) ipv4.add(candidate);
    if (isGlobal(ip) || isUniqueLocal(ip)) ipv6.add(candidate);
  }
  return [...ipv4, ...ipv6];
}

/** 2000::/3. */
function isGlobal(ip: string): boolean {
  return isIpv6(ip) && ((ipv6Groups(ip)?.[0] ?? 0) & 0xe000) === 0x2000;
}
