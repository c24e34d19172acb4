/** The one socket of a client: for both families of addresses where the machine has such sockets. */
import { canonicalIp, type SocketAddress } from "../proto/socket_address.ts";
import { ipv6ReachesIpv4 } from "../quic/dual_stack.ts";
import type {
  Connection,
  DialOptions,
  Endpoint,
  Listener,
  ListenOptions,
  Transport,
} from "../quic/port.ts";
import { isIpv6, isLinkLocal, isLoopback, isUniqueLocal } from "./nat/classify.ts";

/** An endpoint that may know which addresses it reaches. */
export interface ClientSocket extends Endpoint {
  /** Whether this machine can send to such an IP address at all; nothing is said of who is there. */
  reaches?(ip: string): boolean;
}

/** What a socket for both families depends on. */
export interface Machine {
  /** Whether an IPv6 socket sends to IPv4 addresses too. */
  readonly ipv6ReachesIpv4: () => Promise<boolean>;
  /** IP addresses of its interfaces. */
  readonly addresses: () => readonly string[];
}

/** Opens it; on a machine without sockets for both families, for that of `first`. Rejects with `QuicError`. */
export async function openSocket(
  transport: Transport,
  first: SocketAddress,
  machine: Machine = thisMachine,
): Promise<ClientSocket> {
  const both = await machine.ipv6ReachesIpv4();
  const ip = both || isIpv6(first.ip) ? "::" : "0.0.0.0";
  const endpoint = await transport.open({ ip, port: 0 });
  return both ? new DualSocket(endpoint, first, machine.addresses) : endpoint;
}

/** Whether the socket can be used to send to this IP address. One that does not know has its own family only. */
export function reaches(socket: ClientSocket, ip: string): boolean {
  return socket.reaches?.(ip) ?? isIpv6(ip) === isIpv6(socket.localAddress.ip);
}

/** IP addresses of this machine's interfaces. */
export function ownAddresses(): string[] {
  return Deno.networkInterfaces().map(({ address }) => address);
}

class DualSocket implements ClientSocket {
  readonly localAddress: SocketAddress;
  readonly #endpoint: Endpoint;
  readonly #first: SocketAddress;
  readonly #own: () => readonly string[];

  constructor(endpoint: Endpoint, first: SocketAddress, own: () => readonly string[]) {
    this.localAddress = endpoint.localAddress;
    this.#endpoint = endpoint;
    this.#first = first;
    this.#own = own;
  }

  /**
   * A packet without a route is lost without a word, and a dial waits for its whole time. So the family that the user
   * named counts, and of the other one what the machine has addresses for.
   */
  reaches(ip: string): boolean {
    if (isIpv6(ip) === isIpv6(this.#first.ip)) return true;
    const wanted = kindOf(ip);
    return wanted !== null && this.#own().some((own) => kindOf(own) === wanted);
  }

  listen(options: ListenOptions): Listener {
    return this.#endpoint.listen(options);
  }

  dial(options: DialOptions): Promise<Connection> {
    return this.#endpoint.dial(options);
  }

  close(code?: number, reason?: string): Promise<void> {
    return this.#endpoint.close(code, reason);
  }
}

/**
 * Addresses of one kind reach each other; null for those that mean nothing without their network. Unique local ones are
 * a kind of their own: machines have them for containers and tunnels, without a way to the Internet.
 */
function kindOf(text: string): string | null {
  const ip = canonicalIp(text);
  if (ip === null || isLinkLocal(ip)) return null;
  const scope = isLoopback(ip) ? "loopback" : isUniqueLocal(ip) ? "unique local" : "wide";
  return `${scope} ${isIpv6(ip) ? "IPv6" : "IPv4"}`;
}

const thisMachine: Machine = { ipv6ReachesIpv4, addresses: ownAddresses };
