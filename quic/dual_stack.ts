/** Whether one socket carries both families of addresses on this machine. */

/**
 * Whether an IPv6 socket sends to IPv4 addresses too. Found by trying: the setting (net.ipv6.bindv6only) stands in
 * /proc, which not every program may read, and there may be no IPv6 at all.
 */
export async function ipv6ReachesIpv4(): Promise<boolean> {
  try {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "::", port: 0 });
    try {
      const { port } = socket.addr as Deno.NetAddr;
      const itself: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port };
      await socket.send(new Uint8Array(1), itself);
      return true;
    } finally {
      socket.close();
    }
  } catch {
    return false;
  }
}
