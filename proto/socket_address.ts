/** Socket addresses in the one text form all peers agree on: `a.b.c.d:port` or `[v6]:port`. */

/** An IP address and port; `ip` is canonical text without brackets, IPv4-mapped IPv6 already un-mapped. */
export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}
