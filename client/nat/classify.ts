/** What several relays' views of one socket tell about the address translation before it. */
import { ipv6Groups, type SocketAddress } from "../../proto/socket_address.ts";

/** In the original client's words. */
export type NatType =
  /** Too few public addresses were seen. */
  | "Unknown"
  /** The same address everywhere: others can reach it once we have sent to them. */
  | "Cone"
  /** Another port for each destination: nobody else can use it. */
  | "SymmetricPort"
  /** Another IP for each destination: several ways out. */
  | "Multiple";

export interface NatVerdict {
  readonly type: NatType;
  /** The address that all agree on; null but for `Cone`. */
  readonly address: SocketAddress | null;
  /** Addresses that counted. */
  readonly counted: number;
}

/** Judges what was observed of one family; addresses that say nothing about translation do not count. */
export function classifyNat(observed: readonly SocketAddress[]): NatVerdict {
  const counting = comparable(observed).filter(({ ip }) => !isLocal(ip));
  const [first] = counting;
  const verdict = (type: NatType, address: SocketAddress | null = null): NatVerdict => {
    return { type, address, counted: counting.length };
  };
  if (first === undefined || counting.length < 2) return verdict("Unknown");
  if (counting.some(({ ip }) => ip !== first.ip)) return verdict("Multiple");
  if (counting.some(({ port }) => port !== first.port)) return verdict("SymmetricPort");
  return verdict("Cone", first);
}

/** A socket has an address in each family. Translation is a matter of IPv4, so IPv6 counts where there is nothing else. */
export function comparable(observed: readonly SocketAddress[]): readonly SocketAddress[] {
  const ipv4 = observed.filter(({ ip }) => !isIpv6(ip));
  return ipv4.length > 0 ? ipv4 : observed;
}

/** Addresses a relay sees when no translation to the Internet is between: loopback, private, link-local, carrier's. */
function isLocal(ip: string): boolean {
  return isIpv6(ip) ? isLocalIpv6(ip) : isLoopback(ip) || isLinkLocal(ip) || isPrivate(ip);
}

/** Of an IP address as text. */
export function isIpv6(ip: string): boolean {
  return ip.includes(":");
}

/** 127/8 and the unspecified address. */
export function isLoopback(ip: string): boolean {
  return ip === "::1" || ip === "::" || ip === "0.0.0.0" || /^127\./.test(ip);
}

/** 169.254/16 and fe80::/10. */
export function isLinkLocal(ip: string): boolean {
  if (!isIpv6(ip)) return /^169\.254\./.test(ip);
  return ((ipv6Groups(ip)?.[0] ?? 0) & 0xffc0) === 0xfe80;
}

/** RFC 1918 and 100.64/10. */
export function isPrivate(ip: string): boolean {
  return /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./
    .test(ip);
}

/** fc00::/7. */
export function isUniqueLocal(ip: string): boolean {
  return isIpv6(ip) && ((ipv6Groups(ip)?.[0] ?? 0) & 0xfe00) === 0xfc00;
}

/** Unique local addresses do count: networks are joined by translation there too. */
function isLocalIpv6(ip: string): boolean {
  return isLoopback(ip) || isLinkLocal(ip);
}
