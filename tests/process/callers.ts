/** Clients of a relay under test: well-behaved ones, and those that never finish what they begin. */
import { parseTlsFingerprint } from "../../proto/certificate.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { denoTransport } from "../../quic/deno/transport.ts";
import { PeekHandshake } from "../../quic/peek/peek_handshake.ts";
import type { CloseInfo, Connection, DialOptions } from "../../quic/port.ts";
import type { RelayProcess } from "../harness/relay_process.ts";

/** Only a hang reaches it. */
export const LIMIT_MS = 60_000;

/** What is needed of a relay to call it. */
export type Callee = Pick<RelayProcess, "address" | "tlsFingerprint">;

/** Sends no SNI: an IP literal is none. */
export const NO_NAME = "127.0.0.1";

/** A connection to the relay; it ends with the block that holds it. */
export async function call(
  relay: Callee,
  serverName: string,
  more: Partial<DialOptions> & { readonly from?: string } = {},
): Promise<Connection & AsyncDisposable> {
  const { from = "127.0.0.1", ...options } = more;
  const endpoint = await denoTransport().open({ ip: from, port: 0 });
  try {
    const connection = await endpoint.dial({
      address: relay.address,
      serverName,
      pin: parseTlsFingerprint(relay.tlsFingerprint),
      timeoutMs: LIMIT_MS,
      ...options,
    });
    return Object.assign(connection, { [Symbol.asyncDispose]: () => endpoint.close() });
  } catch (error) {
    await endpoint.close();
    throw error;
  }
}

/** How the relay ends a connection that asks for this name. */
export async function answerTo(
  relay: Callee,
  serverName: string,
  from?: string,
): Promise<CloseInfo> {
  await using connection = await call(relay, serverName, from === undefined ? {} : { from });
  return await connection.closed;
}

/**
 * A connection that the relay keeps open for five seconds, until it gives up on a client that lets it open no
 * stream for its version.
 */
export async function linger(relay: Callee): Promise<Deno.QuicConn> {
  const options: Deno.ConnectQuicOptions<false> & { serverCertificateHashes: unknown } = {
    hostname: relay.address.ip,
    port: relay.address.port,
    serverName: "version",
    alpnProtocols: ["wzp"],
    maxConcurrentUnidirectionalStreams: 0,
    serverCertificateHashes: [{
      algorithm: "sha-256",
      value: parseTlsFingerprint(relay.tlsFingerprint),
    }],
  };
  return await Deno.connectQuic(options);
}

/** A handshake that is begun and neither finished nor ended, unless the test says so. */
export class HalfOpen implements Disposable {
  readonly #socket: Deno.DatagramConn;
  readonly #to: Deno.NetAddr;
  readonly #handshake: PeekHandshake;

  private constructor(relay: Callee, from: string) {
    const { ip, port } = relay.address;
    this.#to = { transport: "udp", hostname: ip, port };
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname: from, port: 0 });
    this.#handshake = new PeekHandshake({ serverName: "general", alpn: "wzp" });
  }

  /** Begins the handshake and waits for the relay's share of it. */
  static async begin(relay: Callee, from = "127.0.0.1"): Promise<HalfOpen> {
    const client = new HalfOpen(relay, from);
    await client.#ask();
    return client;
  }

  get address(): SocketAddress {
    const { hostname, port } = this.#socket.addr as Deno.NetAddr;
    return { ip: hostname, port };
  }

  /** Tells the relay that nothing will come of it. */
  async giveUp(reason?: string): Promise<void> {
    await this.send(this.#handshake.farewell(reason));
  }

  async send(datagram: Uint8Array): Promise<void> {
    await this.#socket.send(datagram, this.#to);
  }

  /** Vanishes without a word. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #ask(): Promise<void> {
    await this.send(this.#handshake.request());
    for (;;) {
      const [datagram] = await this.#socket.receive();
      if (this.#handshake.receive(datagram) !== null) return;
    }
  }
}
