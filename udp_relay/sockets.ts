/** The UDP sockets: opens them for one address or for all, and passes packets through a forwarder. */
import type { SocketAddress } from "../relay/ports/addresses.ts";
import type { Endpoint } from "./peer.ts";

/** The largest UDP packet. A shorter buffer would cut packets, which might then look like others. */
const PACKET_BYTES = 65_536;
/** Errors in a row, with nothing received between, after which a socket is of no use. */
const MAX_ERRORS = 100;

/** What decides about packets. */
export interface PacketRule {
  receive(bytes: Uint8Array, ip: string, port: number, now: number): Endpoint | null;
  sendFailed(bytes: number): void;
}

export class Sockets {
  readonly #all: readonly Deno.DatagramConn[];
  #closed = false;

  /** An empty `ip` means every address: IPv4 and IPv6. */
  static open({ ip, port }: SocketAddress): Sockets {
    if (ip !== "") return new Sockets([listen(ip, port)]);
    let v6: Deno.DatagramConn;
    try {
      v6 = listen("::", port);
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) throw error;
      // A machine without IPv6.
      return new Sockets([listen("0.0.0.0", port)]);
    }
    try {
      return new Sockets([v6, listen("0.0.0.0", portOf(v6))]);
    } catch (error) {
      // Usually the first socket takes IPv4 as well; then the port is taken by it and by nobody else.
      if (error instanceof Deno.errors.AddrInUse && ipv6TakesIpv4()) return new Sockets([v6]);
      v6.close();
      throw error;
    }
  }

  private constructor(all: readonly Deno.DatagramConn[]) {
    this.#all = all;
  }

  get addresses(): SocketAddress[] {
    return this.#all.map(({ addr }) => {
      const { hostname, port } = addr as Deno.NetAddr;
      return { ip: hostname, port };
    });
  }

  /** Passes packets on until closed; rejects when a socket fails for good. */
  async run(rule: PacketRule): Promise<void> {
    await Promise.all(this.#all.map((socket) => this.#pass(socket, rule)));
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#all) socket.close();
  }

  /**
   * One packet after the other. Sending is waited for, since it must be done before the buffer is used again; where it
   * cannot be done at once, packets wait in the socket, whose queue is bounded.
   */
  async #pass(socket: Deno.DatagramConn, rule: PacketRule): Promise<void> {
    const buffer = new Uint8Array(PACKET_BYTES);
    let errors = 0;
    while (!this.#closed) {
      let received: [Uint8Array, Deno.Addr];
      try {
        received = await socket.receive(buffer);
        errors = 0;
      } catch (error) {
        if (this.#closed) return;
        errors += 1;
        if (errors > MAX_ERRORS) throw error;
        continue;
      }
      const bytes = received[0];
      const { hostname, port } = received[1] as Deno.NetAddr;
      const to = rule.receive(bytes, hostname, port, performance.now());
      if (to === null) continue;
      try {
        const target = { transport: "udp", hostname: to.ip, port: to.port } as const;
        await this.#towards(to.ip).send(bytes, target);
      } catch {
        rule.sendFailed(bytes.length);
      }
    }
  }

  #towards(ip: string): Deno.DatagramConn {
    return ip.includes(":") ? this.#all[0]! : this.#all.at(-1)!;
  }
}

function listen(hostname: string, port: number): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname, port });
}

function portOf(socket: Deno.DatagramConn): number {
  return (socket.addr as Deno.NetAddr).port;
}

/** Found by trying: the setting (net.ipv6.bindv6only) stands in /proc, which this program may not read. */
function ipv6TakesIpv4(): boolean {
  const v6 = listen("::", 0);
  try {
    listen("0.0.0.0", portOf(v6)).close();
    return false;
  } catch {
    return true;
  } finally {
    v6.close();
  }
}
