/** What the limits per source count by. */
import { ipv6Groups } from "../proto/socket_address.ts";

/**
 * The key under which an address is counted: IPv4 whole, IPv6 by its /64, because one household or one
 * attacker has 2^64 addresses in it. Text that is no address counts as itself.
 */
export function sourceKey(ip: string): string {
  if (!ip.includes(":")) return ip;
  const groups = ipv6Groups(ip.split("%", 1)[0]!);
  if (groups === null) return ip;
  return groups.slice(0, 4).map((group) => group.toString(16)).join(":") + "::/64";
}
