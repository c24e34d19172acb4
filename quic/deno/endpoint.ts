/** One UDP socket of Deno's built-in QUIC: it listens, dials and closes what it opened. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type {
  Connection,
  DialOptions,
  Endpoint,
  Listener,
  ListenOptions,
  TransportOptions,
} from "../port.ts";
import { ALPN } from "../port.ts";
import { QuicError } from "../errors.ts";
import { systemClock } from "../clock.ts";
import { DenoConnection, socketAddress } from "./connection.ts";
import { bindFailure, handshakeFailure } from "./failures.ts";
import { DenoListener } from "./listener.ts";
import { toPem } from "./pem.ts";
import { within } from "./within.ts";

/**
 * Learns the certificate (DER) a server presents, without trusting it. Deno's API accepts a server's certificate by
 * authority or by hash only, so a dial without pin asks for the certificate first and pins what it gets.
 */
export type PeekCertificate = (
  address: SocketAddress,
  options: { serverName: string; alpn: string; timeoutMs: number; signal?: AbortSignal },
) => Promise<Uint8Array>;

const DEFAULT_DIAL_TIMEOUT_MS = 10_000;

/** What Deno's declarations leave out of `ConnectQuicOptions`. */
interface PinnedConnectOptions extends Deno.ConnectQuicOptions<false> {
  serverCertificateHashes: { algorithm: "sha-256"; value: Uint8Array }[];
}

export class DenoEndpoint implements Endpoint {
  readonly localAddress: SocketAddress;

  readonly #quic: Deno.QuicEndpoint;
  readonly #peek: PeekCertificate | null;
  readonly #connections = new Set<DenoConnection>();
  #listener: Listener | null = null;
  #closing: Promise<void> | null = null;

  /** Binds the socket. */
  constructor(local: SocketAddress, peek: PeekCertificate | null) {
    try {
      this.#quic = new Deno.QuicEndpoint({ hostname: local.ip, port: local.port });
    } catch (error) {
      throw bindFailure(error);
    }
    this.localAddress = socketAddress(this.#quic.addr);
    this.#peek = peek;
  }

  listen(options: ListenOptions): Listener {
    if (this.#closing !== null) throw new QuicError("closed", "The endpoint is closed");
    if (this.#listener !== null) throw new TypeError("An endpoint listens at most once");
    const quic = this.#quic.listen({
      ...transportOptions(options),
      cert: toPem("CERTIFICATE", options.certificate),
      key: toPem("PRIVATE KEY", options.privateKey),
    });
    this.#listener = new DenoListener(
      quic,
      (conn) => this.#adopt(new DenoConnection(conn, options.maxPendingDatagrams)),
    );
    return this.#listener;
  }

  async dial(options: DialOptions): Promise<Connection> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_DIAL_TIMEOUT_MS;
    const deadline = systemClock.now() + timeoutMs;
    const pin = options.pin ?? await this.#peekPin(options, timeoutMs);
    if (this.#closing !== null) throw new QuicError("closed", "The endpoint is closed");
    const connectOptions: PinnedConnectOptions = {
      ...transportOptions(options),
      endpoint: this.#quic,
      hostname: options.address.ip,
      port: options.address.port,
      serverName: options.serverName,
      serverCertificateHashes: [{ algorithm: "sha-256", value: pin }],
    };
    let dialled: Promise<Connection>;
    try {
      dialled = Deno.connectQuic(connectOptions).then(
        (conn) => this.#adopt(new DenoConnection(conn, options.maxPendingDatagrams)),
        (error) => Promise.reject(handshakeFailure(error)),
      );
    } catch (error) {
      throw handshakeFailure(error);
    }
    // A handshake cannot be taken back; one that succeeds after the caller gave up is closed.
    return within(dialled, deadline - systemClock.now(), options.signal, (late) => late.close());
  }

  close(code = 0, reason = ""): Promise<void> {
    return this.#closing ??= this.#shutDown(code, reason);
  }

  async #shutDown(code: number, reason: string): Promise<void> {
    this.#listener?.stop();
    for (const connection of this.#connections) connection.close(code, reason);
    // Ends handshakes in progress too. The socket itself is freed when the garbage collector takes the endpoint.
    this.#quic.close({ closeCode: code, reason });
    // The transport sends in turns of the event loop; a process that exits right away would swallow the close.
    await new Promise((sent) => setTimeout(sent, 0));
  }

  async #peekPin(options: DialOptions, timeoutMs: number): Promise<Uint8Array> {
    if (this.#peek === null) {
      throw new QuicError("handshake_failed", "Cannot connect without a pin: no certificate peek");
    }
    const { address, serverName, signal } = options;
    const alpn = options.alpn?.[0] ?? ALPN;
    const peeked = this.#peek(address, {
      serverName,
      alpn,
      timeoutMs,
      ...(signal !== undefined && { signal }),
    });
    const certificate = await within(peeked, timeoutMs, signal).catch((error) => {
      throw handshakeFailure(error);
    });
    return new Uint8Array(await crypto.subtle.digest("SHA-256", certificate.slice()));
  }

  #adopt(connection: DenoConnection): DenoConnection {
    this.#connections.add(connection);
    connection.closed.then(() => this.#connections.delete(connection));
    return connection;
  }
}

/** Deno lets these be set; windows, datagram buffers and MTU stay at quinn's defaults. */
function transportOptions(options: TransportOptions) {
  const keepAlive = options.keepAliveMs ?? 5_000;
  return {
    alpnProtocols: [...options.alpn ?? [ALPN]],
    maxIdleTimeout: options.idleTimeoutMs ?? 30_000,
    ...(keepAlive > 0 && { keepAliveInterval: keepAlive }),
    maxConcurrentBidirectionalStreams: options.maxBidiStreams ?? 100,
    maxConcurrentUnidirectionalStreams: options.maxUniStreams ?? 100,
  };
}
