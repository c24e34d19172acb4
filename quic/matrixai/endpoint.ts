/** One UDP socket with many connections behind it, told apart by destination connection id. */
import { setImmediate } from "node:timers";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../clock.ts";
import { QuicError } from "../errors.ts";
import type {
  Connection,
  DialOptions,
  Endpoint,
  Listener,
  ListenOptions,
  TransportOptions,
} from "../port.ts";
import type { Binding, HostPort, NativeConfig, NativeConnection } from "./binding.ts";
import {
  clientConfig,
  DEFAULT_HANDSHAKE_TIMEOUT_MS,
  DEFAULT_KEEP_ALIVE_MS,
  serverConfig,
} from "./config.ts";
import { type ConnectionHost, type ConnectionInit, NativeBackedConnection } from "./connection.ts";
import { type Knock, KnockListener, type ListenerHost } from "./listener.ts";
import {
  CONNECTION_ID_BYTES,
  connectionIdKey,
  destinationKey,
  startsConnection,
} from "./packet.ts";
import { type DatagramConn, type PacketReceiver, UdpSocket } from "./udp_socket.ts";

/** Whom packets are handed to: a connection, or a client still at the door. */
interface Addressee {
  receive(packet: Uint8Array, from: HostPort): void;
}

interface Listening {
  readonly listener: KnockListener;
  readonly config: NativeConfig;
  /** Shares no application protocol with any client. */
  readonly refusal: NativeConfig;
  readonly keepAliveMs: number;
}

/** A peer that does not let a close through in this time is left without one. */
const LEAVE_LIMIT_MS = 1_000;
const IP_LITERAL = /^[0-9.]+$|:/;

export class NativeEndpoint implements Endpoint, ConnectionHost, ListenerHost {
  readonly localAddress: SocketAddress;
  readonly local: HostPort;
  readonly clock: Clock;
  readonly #binding: Binding;
  readonly #socket: UdpSocket;
  readonly #routes = new Map<string, Addressee>();
  /** The keys under which a connection is in `#routes`. */
  readonly #keys = new Map<NativeBackedConnection, string[]>();
  readonly #clientConfigs = new Map<string, NativeConfig>();
  #awake = new Set<NativeBackedConnection>();
  #listening: Listening | null = null;
  #closing: Promise<void> | null = null;

  constructor(binding: Binding, clock: Clock, conn: DatagramConn) {
    this.#binding = binding;
    this.clock = clock;
    this.#socket = new UdpSocket(conn, clock, this.#receive);
    this.localAddress = this.#socket.localAddress;
    this.local = { host: this.localAddress.ip, port: this.localAddress.port };
  }

  /**
   * Listens, for tests on this machine only: quiche 0.18 lets any client that completes a handshake put
   * the server into an endless loop or grow its memory (CVE-2025-7054, CVE-2024-1410, CVE-2024-1765).
   */
  listen(options: ListenOptions): Listener {
    this.#assertOpen();
    if (this.#listening !== null) throw new TypeError("This endpoint listens already");
    const { ip } = this.localAddress;
    if (ip !== "::1" && !ip.startsWith("127.")) {
      throw new TypeError(
        `Cannot listen on ${ip}: the matrixai adapter listens on loopback only, its QUIC library has known remote holes`,
      );
    }
    const listener = new KnockListener(this);
    const config = serverConfig(this.#binding, options);
    const keepAliveMs = options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS;
    const refusal = serverConfig(this.#binding, { ...options, alpn: ["refused"] });
    this.#listening = { listener, config, refusal, keepAliveMs };
    return listener;
  }

  async dial(options: DialOptions): Promise<Connection> {
    this.#assertOpen();
    const { address, serverName, pin, signal } = options;
    const isIpv6 = address.ip.includes(":");
    if (isIpv6 && !this.localAddress.ip.includes(":")) {
      throw new TypeError(`Cannot dial ${address.ip} from a socket bound to ${this.local.host}`);
    }
    if (pin !== undefined && pin.length !== 32) {
      throw new RangeError(`A pin is a SHA-256 of 32 bytes, got ${pin.length}`);
    }
    if (signal?.aborted) throw aborted(signal);

    const remote = { host: address.ip, port: address.port };
    const id = this.#newConnectionId();
    const sni = IP_LITERAL.test(serverName) ? null : serverName;
    const native = this.#connect(sni, id, remote, this.#clientConfig(options));
    const keepAliveMs = options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS;
    const connection = this.#add([connectionIdKey(id)], {
      side: "client",
      native,
      shutdown: this.#binding.Shutdown,
      remote,
      keepAliveMs,
      pin,
    });

    const limit = options.timeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS;
    const timeout = this.clock.after(limit, () => {
      connection.abandon(new QuicError("timeout", `No connection within ${limit} ms`));
    });
    const abort = () => connection.abandon(aborted(signal));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await connection.ready;
      return connection;
    } finally {
      timeout.cancel();
      signal?.removeEventListener("abort", abort);
    }
  }

  close(code = 0, reason = ""): Promise<void> {
    return this.#closing ??= this.#shutDown(code, reason);
  }

  buffer(): Uint8Array {
    return this.#socket.buffer();
  }

  transmit(length: number, to: HostPort): void {
    this.#socket.send(length, to);
  }

  wake(connection: NativeBackedConnection): void {
    if (this.#awake.size === 0) setImmediate(this.#serviceAwake);
    this.#awake.add(connection);
  }

  forget(connection: NativeBackedConnection): void {
    for (const key of this.#keys.get(connection) ?? []) this.#routes.delete(key);
    this.#keys.delete(connection);
  }

  admit(knock: Knock): NativeBackedConnection {
    if (this.#listening === null) throw new TypeError("This endpoint does not listen");
    return this.#accept(knock, this.#listening.config, this.#listening.keepAliveMs);
  }

  /**
   * quiche closes with keys that a client without our half of the handshake does not have. Only a handshake that
   * fails on the client's first message is answered in a way it can read; so let it fail there.
   */
  turnAway(knock: Knock): void {
    if (this.#listening !== null) this.#accept(knock, this.#listening.refusal, 0);
  }

  drop(knock: Knock): void {
    this.#routes.delete(knock.key);
  }

  readonly #receive: PacketReceiver = (packet, from) => {
    const key = destinationKey(packet);
    if (key === null) return;
    const known = this.#routes.get(key);
    if (known !== undefined) return known.receive(packet, from);
    if (this.#listening === null || !startsConnection(packet)) return;
    const { listener } = this.#listening;
    const knock = listener.knock(key, from);
    if (knock === null) return;
    this.#routes.set(key, knock);
    knock.receive(packet);
    listener.announce(knock);
  };

  /** All packets and calls of one turn of the event loop cost each connection one round. */
  readonly #serviceAwake = (): void => {
    const awake = this.#awake;
    this.#awake = new Set();
    for (const connection of awake) connection.service();
  };

  #connect(
    sni: string | null,
    id: Uint8Array,
    remote: HostPort,
    config: NativeConfig,
  ): NativeConnection {
    try {
      return this.#binding.Connection.connect(sni, id, this.local, remote, config);
    } catch (cause) {
      throw new TypeError(`Cannot dial ${remote.host} as "${sni ?? ""}"`, { cause });
    }
  }

  /** One TLS context for all dials with the same options: the collector does not see how large they are. */
  #clientConfig(options: TransportOptions): NativeConfig {
    const { idleTimeoutMs, maxPendingDatagrams, maxBidiStreams, maxUniStreams, alpn } = options;
    const key = JSON.stringify([
      idleTimeoutMs,
      maxPendingDatagrams,
      maxBidiStreams,
      maxUniStreams,
      alpn,
    ]);
    const config = this.#clientConfigs.get(key) ?? clientConfig(this.#binding, options);
    this.#clientConfigs.set(key, config);
    return config;
  }

  #accept(knock: Knock, config: NativeConfig, keepAliveMs: number): NativeBackedConnection {
    const id = this.#newConnectionId();
    const connection = this.#add([connectionIdKey(id), knock.key], {
      side: "server",
      native: this.#binding.Connection.accept(id, null, this.local, knock.from, config),
      shutdown: this.#binding.Shutdown,
      remote: knock.from,
      keepAliveMs,
    });
    for (const packet of knock.packets.splice(0)) connection.receive(packet, knock.from);
    return connection;
  }

  #add(keys: string[], init: ConnectionInit): NativeBackedConnection {
    const connection = new NativeBackedConnection(this, init);
    for (const key of keys) this.#routes.set(key, connection);
    this.#keys.set(connection, keys);
    this.wake(connection);
    return connection;
  }

  #newConnectionId(): Uint8Array {
    const id = new Uint8Array(CONNECTION_ID_BYTES);
    do crypto.getRandomValues(id); while (this.#routes.has(connectionIdKey(id)));
    return id;
  }

  async #shutDown(code: number, reason: string): Promise<void> {
    this.#listening?.listener.close();
    const connections = [...this.#keys.keys()];
    const leaving = connections.filter((connection) => connection.closeInfo === null);
    for (const connection of leaving) connection.close(code, reason);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const limit = this.clock.after(LEAVE_LIMIT_MS, resolve);
    await Promise.race([late, Promise.all(leaving.map((connection) => connection.left()))]);
    limit.cancel();
    for (const connection of connections) connection.retire();
    await this.#socket.close();
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new QuicError("closed", "This endpoint is closed");
  }
}

function aborted(signal: AbortSignal | undefined): QuicError {
  return new QuicError("aborted", "Dialling was aborted", { cause: signal?.reason });
}
