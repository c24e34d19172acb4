/** Socket addresses in the one text form all peers agree on: `a.b.c.d:port` or `[v6]:port`. */

/** An IP address and port; `ip` is canonical text without brackets, IPv4-mapped IPv6 already un-mapped. */
export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/**
 * Reads what a Rust peer's parser accepts, and nothing else: no host names, no octets with leading zeros, ports
 * with any number of them. A numeric scope id (`[fe80::1%2]:80`) is accepted and dropped: it names an interface
 * of the machine that wrote it and means nothing elsewhere.
 */
export function parseSocketAddress(text: string): SocketAddress | null {
  const parts = /^(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)(?:%([0-9]+))?\]):([0-9]+)$/.exec(text);
  if (parts === null) return null;
  const [, v4, v6, scope = "0", portText] = parts;
  const ip = v4 !== undefined ? canonicalIpv4(v4) : canonicalIpv6(v6!);
  const port = Number(portText);
  if (ip === null || port > 0xffff || Number(scope) > 0xffff_ffff) return null;
  return { ip, port };
}

/**
 * The canonical text of an address, the same at every peer: calls compare it as a string. Throws TypeError or
 * RangeError for what is no address.
 */
export function formatSocketAddress({ ip, port }: SocketAddress): string {
  const canonical = canonicalIp(ip);
  if (canonical === null) {
    throw new TypeError(`Cannot print socket address: ${ip} is no IP address`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new RangeError(`Cannot print socket address: ${port} is no port`);
  }
  return canonical.includes(":") ? `[${canonical}]:${port}` : `${canonical}:${port}`;
}

/** An IP address in canonical text (RFC 5952 for IPv6), IPv4-mapped IPv6 as IPv4, or null if it is none. */
export function canonicalIp(text: string): string | null {
  return text.includes(":") ? canonicalIpv6(text) : canonicalIpv4(text);
}

function canonicalIpv4(text: string): string | null {
  return parseIpv4(text) === null ? null : text;
}

function canonicalIpv6(text: string): string | null {
  const groups = ipv6Groups(text);
  return groups === null ? null : formatIpv6(groups);
}

/** Without leading zeros there is only one way to write an IPv4 address. */
function parseIpv4(text: string): number[] | null {
  const octets = text.split(".");
  if (octets.length !== 4) return null;
  if (!octets.every((octet) => /^(?:0|[1-9][0-9]{0,2})$/.test(octet) && Number(octet) <= 255)) {
    return null;
  }
  return octets.map(Number);
}

/** Whether one machine can be there: not for multicast, broadcast, reserved, or "any address". `ip` is canonical. */
export function isHostIp(ip: string): boolean {
  return !(ip.includes(":") ? /^(?:::$|ff..:)/ : /^(?:0|22[4-9]|2[345]\d)\./).test(ip);
}

/** The eight 16-bit groups of an IPv6 address, or null when it is none. */
export function ipv6Groups(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const last = halves.length - 1;
  const groups = halves.map((half, index) => parseGroups(half, index === last));
  const [head, tail] = groups;
  if (head === null || head === undefined || tail === null) return null;
  if (tail === undefined) return head.length === 8 ? head : null;
  // "::" stands for at least one group.
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? null : [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups between colons; the last two may be written as an IPv4 address where `ipv4Last` says so. */
function parseGroups(text: string, ipv4Last: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.includes(".")) {
      const octets = ipv4Last && index === parts.length - 1 ? parseIpv4(part) : null;
      if (octets === null) return null;
      groups.push((octets[0]! << 8) | octets[1]!, (octets[2]! << 8) | octets[3]!);
    } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
}

function formatIpv6(groups: number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join(".");
  }
  const zeros = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return hex.join(":");
  const head = hex.slice(0, zeros.start).join(":");
  const tail = hex.slice(zeros.start + zeros.length).join(":");
  return `${head}::${tail}`;
}

/** The first of the longest runs of zero groups. */
function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
