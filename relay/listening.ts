/** Opens the sockets for `listen_addr` and explains when that fails. */
import { formatSocketAddress, type SocketAddress } from "../proto/socket_address.ts";
import { QuicError } from "../quic/errors.ts";
import type { Endpoint, Transport } from "../quic/port.ts";
import { EXIT_CANNOT_BIND, reasonOf, StartError } from "./start_error.ts";

/** An empty `ip` means every address: IPv4 and IPv6. Throws `StartError`. */
export async function openEndpoints(
  transport: Transport,
  address: SocketAddress,
  ipv6TakesIpv4: () => boolean = ipv6SocketsTakeIpv4,
): Promise<Endpoint[]> {
  try {
    return address.ip === ""
      ? await openEverywhere(transport, address.port, ipv6TakesIpv4)
      : [await transport.open(address)];
  } catch (error) {
    if (error instanceof QuicError) throw explained(address, error);
    throw error;
  }
}

async function openEverywhere(
  transport: Transport,
  port: number,
  ipv6TakesIpv4: () => boolean,
): Promise<Endpoint[]> {
  const v6 = await attempt(transport, { ip: "::", port });
  if (v6 instanceof QuicError) {
    if (v6.code === "address_in_use") throw v6;
    // A machine without IPv6.
    return [await transport.open({ ip: "0.0.0.0", port })];
  }
  // Usually the first socket takes IPv4 as well and the second finds its port taken by it; where the administrator
  // made IPv6 sockets IPv6 only, both are needed, and a taken port is another program's.
  const v4 = await attempt(transport, { ip: "0.0.0.0", port: v6.localAddress.port });
  if (!(v4 instanceof QuicError)) return [v6, v4];
  if (v4.code === "address_in_use" && ipv6TakesIpv4()) return [v6];
  await v6.close();
  throw v4;
}

async function attempt(
  transport: Transport,
  address: SocketAddress,
): Promise<Endpoint | QuicError> {
  try {
    return await transport.open(address);
  } catch (error) {
    if (error instanceof QuicError) return error;
    throw error;
  }
}

/**
 * Whether a socket on all IPv6 addresses takes IPv4 as well. Found by trying, with ports of the system's choice: the
 * setting (net.ipv6.bindv6only) stands in /proc, which this program may not read.
 */
function ipv6SocketsTakeIpv4(): boolean {
  const open = (hostname: string, port: number) =>
    Deno.listenDatagram({ transport: "udp", hostname, port });
  const v6 = open("::", 0);
  try {
    open("0.0.0.0", (v6.addr as Deno.NetAddr).port).close();
    return false;
  } catch {
    return true;
  } finally {
    v6.close();
  }
}

function explained({ ip, port }: SocketAddress, error: QuicError): StartError {
  const where = ip === "" ? `:${port}` : formatSocketAddress({ ip, port });
  return error.code === "address_in_use"
    ? new StartError(
      "address_in_use",
      `Cannot listen on ${where}: another program has this UDP port. ` +
        "Stop it, or choose another address with --listen",
      EXIT_CANNOT_BIND,
    )
    : new StartError(
      "cannot_bind",
      `Cannot listen on ${where}: ${reasonOf(error.cause ?? error)}. ` +
        "Choose another address with --listen",
      EXIT_CANNOT_BIND,
    );
}
