/**
 * The transport port: what the rest of the house knows of QUIC.
 * Two adapters implement it; nothing outside `quic/` sees either of them.
 */
import type { SocketAddress } from "../proto/socket_address.ts";

/** The only ALPN protocol this house speaks. */
export const ALPN = "wzp";

/** Why a connection ended. */
export type CloseKind =
  /** The peer closed it on purpose (application close). */
  | "peer"
  /** This side closed it. */
  | "local"
  /** Nothing was heard for the idle timeout. */
  | "idle"
  /** Anything else: transport error, reset, handshake failure. */
  | "error";

export interface CloseInfo {
  readonly kind: CloseKind;
  /** The application close code; 0 for `idle` and `error`. */
  readonly code: number;
  readonly reason: string;
}

/** What became of a datagram handed to `sendDatagram`. Small integers: this is on the media path. */
export const SENT = 0;
export const TOO_LARGE = 1;
export const QUEUE_FULL = 2;
export const CLOSED = 3;
export type SendResult = typeof SENT | typeof TOO_LARGE | typeof QUEUE_FULL | typeof CLOSED;

export interface PathStats {
  readonly rttMs: number;
  /** Packets lost and sent since the connection began. */
  readonly lost: number;
  readonly sent: number;
}

/** Sending half of a stream. */
export interface SendStream {
  readonly id: number;
  /** Writes all bytes; rejects when the stream or connection is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Writes all bytes and FIN in one go. */
  finish(bytes?: Uint8Array): Promise<void>;
  /** Abandons the stream: RESET_STREAM with `code` where the adapter can, else the end of what was written. Never throws. */
  reset(code?: number): void;
}

/** Receiving half of a stream. */
export interface ReceiveStream {
  readonly id: number;
  /** The next bytes, or null at the end. Rejects with `QuicError` when reset, stopped or the connection is gone. */
  read(): Promise<Uint8Array | null>;
  /** Tells the peer to stop: STOP_SENDING with `code` where the adapter can, else with 0. Never throws. */
  stop(code?: number): void;
}

export interface BidiStream {
  readonly send: SendStream;
  readonly receive: ReceiveStream;
}

export interface Connection {
  /** Name the client asked for in TLS, lower case; null when it sent none. Server side only. */
  readonly serverName: string | null;
  /** Where the peer is now; follows NAT rebinding. */
  readonly remoteAddress: SocketAddress;
  /** Largest datagram that can be sent now. */
  readonly maxDatagramSize: number;
  /** Datagrams accepted by `sendDatagram` and not yet taken by the transport. */
  readonly pendingDatagrams: number;
  /** Resolves exactly once, never rejects. */
  readonly closed: Promise<CloseInfo>;
  /** The same, once known; null while open. */
  readonly closeInfo: CloseInfo | null;

  /** Queues a datagram or says why not. Never throws, never waits. The bytes must not change afterwards. */
  sendDatagram(bytes: Uint8Array): SendResult;
  /** Sets the one receiver of datagrams and starts delivery. Bytes belong to the receiver, which must not throw. */
  onDatagram(receive: (bytes: Uint8Array) => void): void;

  /** Opens a stream; waits while the peer's credit is used up, rejects when the connection closes. */
  openBidi(): Promise<BidiStream>;
  openUni(): Promise<SendStream>;
  /** The peer's next stream in order of stream id; null once the connection is closed. */
  acceptBidi(): Promise<BidiStream | null>;
  acceptUni(): Promise<ReceiveStream | null>;

  /** Application close. Idempotent, never throws; `closed` resolves with kind `local`. */
  close(code?: number, reason?: string): void;

  // Present where the adapter can tell:

  /** Datagrams answered `SENT` which the transport dropped later: the path's limit shrank, or it closed first. */
  readonly droppedAfterSend?: number;
  pathStats?(): PathStats | null;
  peerCertificate?(): Uint8Array | null;
}

export interface TransportOptions {
  /** Default 30,000 ms. */
  readonly idleTimeoutMs?: number;
  /** Default 5,000 ms; 0 sends none. */
  readonly keepAliveMs?: number;
  /** Datagrams waiting per connection before `QUEUE_FULL`. Default in the adapter, with its reason. */
  readonly maxPendingDatagrams?: number;
  /** Bidirectional streams the peer may have open towards this side. Default 100, as the protocol has it. */
  readonly maxBidiStreams?: number;
  /** Unidirectional streams the peer may have open towards this side. Default 100, as the protocol has it. */
  readonly maxUniStreams?: number;
  readonly alpn?: readonly string[];
}

export interface ListenOptions extends TransportOptions {
  /** DER certificate and PKCS#8 DER private key. */
  readonly certificate: Uint8Array;
  readonly privateKey: Uint8Array;
}

export interface DialOptions extends TransportOptions {
  readonly address: SocketAddress;
  /** SNI. Must obey the room name rules; an IP literal sends none. */
  readonly serverName: string;
  /** Accept only a certificate with this SHA-256 (32 bytes); without it any certificate is accepted. */
  readonly pin?: Uint8Array;
  /** Give up after this long. Default 10,000 ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A handshake that was begun by a client and is not finished. */
export interface Incoming {
  /** Completes the handshake; rejects with `QuicError` when it fails. At most once. */
  accept(): Promise<Connection>;
  /** Turns the client away, also while `accept` is waiting for it (which then rejects). Never throws. */
  refuse(): void;
  /**
   * Where the first packet came from, not yet proven; null when the handshake failed at once. Present where the
   * adapter can tell. Costs a server's share of the handshake, so refuse for other reasons first.
   */
  remoteAddress?(): SocketAddress | null;
}

export interface Listener {
  /** The next client; null once stopped. Never waits for a handshake. */
  next(): Promise<Incoming | null>;
  /** Takes no new connections (clients are turned away); existing ones go on. */
  stop(): void;
}

/** One UDP socket that can listen and dial. */
export interface Endpoint {
  readonly localAddress: SocketAddress;
  /** At most once per endpoint. */
  listen(options: ListenOptions): Listener;
  dial(options: DialOptions): Promise<Connection>;
  /** Closes all connections with an application close, then the socket; resolves when that has been sent. */
  close(code?: number, reason?: string): Promise<void>;
}

/** An adapter. */
export interface Transport {
  readonly name: string;
  /** Binds a UDP socket. Rejects with `QuicError` code `address_in_use` and the like. */
  open(local: SocketAddress): Promise<Endpoint>;
}
