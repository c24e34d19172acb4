/** Socket addresses as configuration values. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import { type Reading, textual, type ValueType, wrong } from "./value_types.ts";

/** Where to listen; an empty `ip` means every address, IPv4 and IPv6. */
export type ListenAddress = SocketAddress;

const LISTEN_EXPECTED =
  '"ip:port" such as "0.0.0.0:4433" or "[::1]:4433", or ":port" for every address';
const PUBLIC_EXPECTED = 'the "ip:port" others connect to, such as "203.0.113.5:4433"';

/** `ip:port`, or `:port` for every address. Port 0 lets the system choose. */
export const listenAddress: ValueType<ListenAddress> = textual({
  shape: "ip:port",
  expected: LISTEN_EXPECTED,
  read(raw) {
    if (typeof raw !== "string") return wrong(LISTEN_EXPECTED, raw);
    if (raw.startsWith(":") && !raw.startsWith("::")) {
      const port = parsePort(raw.slice(1));
      return port === null ? wrong(LISTEN_EXPECTED, raw) : { value: { ip: "", port } };
    }
    return orWrong(parseAddress(raw), LISTEN_EXPECTED, raw);
  },
  raw: printAddress,
});

/** The `ip:port` others reach us at: never a wildcard, never port 0. */
export const publicAddress: ValueType<SocketAddress> = textual({
  shape: "ip:port",
  expected: PUBLIC_EXPECTED,
  read(raw) {
    const address = typeof raw === "string" ? parseAddress(raw) : null;
    const usable = address && address.port > 0 && address.ip !== "0.0.0.0" && address.ip !== "::";
    return orWrong(usable ? address : null, PUBLIC_EXPECTED, raw);
  },
  raw: printAddress,
});

function orWrong(
  value: SocketAddress | null,
  expected: string,
  raw: unknown,
): Reading<SocketAddress> {
  return value ? { value } : wrong(expected, raw);
}

/** The text `listen_addr` is written as; `:port` when the ip is empty. */
export function printAddress({ ip, port }: SocketAddress): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function parseAddress(text: string): SocketAddress | null {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d+)$/.exec(text);
  if (!parts) return null;
  const ip = parts[1] !== undefined ? canonicalIpv6(parts[1]) : canonicalIpv4(parts[2]!);
  const port = parsePort(parts[3]!);
  return ip === null || port === null ? null : { ip, port };
}

function parsePort(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : null;
}

function canonicalIpv4(text: string): string | null {
  const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  return new RegExp(`^${octet}(?:\\.${octet}){3}$`).test(text) ? text : null;
}

/** The URL parser knows the canonical form; IPv4-mapped addresses become plain IPv4. */
function canonicalIpv6(text: string): string | null {
  const url = `http://[${text}]`;
  if (!URL.canParse(url)) return null;
  const ip = new URL(url).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(ip);
  if (!mapped) return ip;
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}
