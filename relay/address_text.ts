/** The text form of a socket address: `a.b.c.d:port` or `[v6]:port`. */
import type { SocketAddress } from "../proto/socket_address.ts";

export function formatAddress({ ip, port }: SocketAddress): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
