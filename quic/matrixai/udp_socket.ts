/** A UDP socket that never throws into its users: packets in, packets out, errors swallowed and paced. */
import { setImmediate } from "node:timers";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../clock.ts";
import { QuicError } from "../errors.ts";
import type { HostPort } from "./binding.ts";

/** What this file needs of `Deno.DatagramConn`. */
export type DatagramConn = Pick<Deno.DatagramConn, "receive" | "send" | "close" | "addr">;

/** Receives a packet; the bytes are valid (and may be changed) only during the call. */
export type PacketReceiver = (packet: Uint8Array, from: HostPort) => void;

/** Larger than any UDP payload we send or announce (1472); a longer one is cut and fails to decrypt. */
const BUFFER_BYTES = 2048;
/** After so many packets in a row timers and other work get their turn. */
const RECEIVE_BATCH = 64;
/** Sends the kernel has not taken yet; beyond that packets are lost, as in any full queue. */
const MAX_SENDS_IN_FLIGHT = 512;
const MAX_IDLE_BUFFERS = 64;
const PAUSE_AFTER_ERROR_MS = 10;

const MAPPED_IPV4 = "::ffff:";

/** IPv4 peers of an IPv6 socket appear as `::ffff:a.b.c.d`; everybody else knows them as `a.b.c.d`. */
export function unmapped(host: string): string {
  return host.startsWith(MAPPED_IPV4) && host.includes(".") ? host.slice(MAPPED_IPV4.length) : host;
}

/** Binds a UDP socket; throws `QuicError` with `address_in_use` or `cannot_bind`. */
export function bindUdp(local: SocketAddress): DatagramConn {
  try {
    return Deno.listenDatagram({ transport: "udp", hostname: local.ip, port: local.port });
  } catch (cause) {
    const code = cause instanceof Deno.errors.AddrInUse ? "address_in_use" : "cannot_bind";
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new QuicError(code, `Cannot bind UDP ${local.ip} port ${local.port}: ${why}`, { cause });
  }
}

export class UdpSocket {
  readonly localAddress: SocketAddress;
  readonly #conn: DatagramConn;
  readonly #clock: Clock;
  readonly #sends = new Set<Promise<unknown>>();
  /** Used buffers: a busy connection would otherwise make a megabyte of garbage per second. */
  readonly #buffers: Uint8Array<ArrayBuffer>[] = [];
  #next = new Uint8Array(BUFFER_BYTES);
  #closed = false;

  constructor(conn: DatagramConn, clock: Clock, receive: PacketReceiver) {
    const { hostname: ip, port } = conn.addr as Deno.NetAddr;
    this.localAddress = { ip, port };
    this.#conn = conn;
    this.#clock = clock;
    void this.#run(receive);
  }

  /** The buffer for the next `send`. */
  buffer(): Uint8Array {
    return this.#next;
  }

  /** Sends the first `length` bytes of `buffer()`. A packet that cannot be sent is a lost packet. */
  send(length: number, to: HostPort): void {
    if (this.#closed || this.#sends.size >= MAX_SENDS_IN_FLIGHT) return;
    const buffer = this.#next;
    this.#next = this.#buffers.pop() ?? new Uint8Array(BUFFER_BYTES);
    const sent: Promise<unknown> = this.#conn
      .send(buffer.subarray(0, length), { transport: "udp", hostname: to.host, port: to.port })
      // Unreachable peers and networks show up here; QUIC's own timers decide what that means.
      .catch(() => {})
      .finally(() => {
        this.#sends.delete(sent);
        if (this.#buffers.length < MAX_IDLE_BUFFERS) this.#buffers.push(buffer);
      });
    this.#sends.add(sent);
  }

  /** Lets the packets under way leave, then closes the socket. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#sends);
    this.#conn.close();
  }

  async #run(receive: PacketReceiver): Promise<void> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    for (let batch = 1; !this.#closed; batch++) {
      try {
        const [packet, from] = await this.#conn.receive(buffer);
        const { hostname, port } = from as Deno.NetAddr;
        if (!this.#closed) receive(packet, { host: unmapped(hostname), port });
      } catch {
        if (this.#closed) return;
        // An error that stays must not become a busy loop.
        await new Promise<void>((resume) => this.#clock.after(PAUSE_AFTER_ERROR_MS, resume));
      }
      if (batch % RECEIVE_BATCH === 0) await new Promise<void>((resume) => setImmediate(resume));
    }
  }
}
