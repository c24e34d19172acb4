/** The network part of an address: what rate limits count by and what a masked log still shows. */

/** The eight 16-bit groups of an IPv6 address (a zone is ignored), or null when it is not one. */
export function ipv6Groups(ip: string): number[] | null {
  let text = ip.split("%", 1)[0]!;
  const dotted = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (dotted !== null) {
    const [a, b, c, d] = dotted.slice(2).map(Number) as [number, number, number, number];
    if (Math.max(a, b, c, d) > 255) return null;
    text = `${dotted[1]}${(a << 8 | b).toString(16)}:${(c << 8 | d).toString(16)}`;
  }
  const halves = text.split("::");
  if (halves.length > 2 || !text.includes(":")) return null;
  const [head, tail] = halves.map((half) => half === "" ? [] : half.split(":"));
  const given = head!.length + (tail?.length ?? 0);
  if (tail === undefined ? given !== 8 : given > 7) return null;
  const parts = [...head!, ...Array<string>(8 - given).fill("0"), ...(tail ?? [])];
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return null;
  return parts.map((part) => parseInt(part, 16));
}

/**
 * The key under which an address is counted: IPv4 whole, IPv6 by its /64, because one household or one
 * attacker has 2^64 addresses in it. Text that is no address counts as itself.
 */
export function sourceKey(ip: string): string {
  if (!ip.includes(":")) return ip;
  const groups = ipv6Groups(ip);
  if (groups === null) return ip;
  return groups.slice(0, 4).map((group) => group.toString(16)).join(":") + "::/64";
}
