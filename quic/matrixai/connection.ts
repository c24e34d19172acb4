/** One QUIC connection over quiche's state machine: packets and time go in, packets and events come out. */
import { createHash } from "node:crypto";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock, Timer } from "../clock.ts";
import { QuicError } from "../errors.ts";
import {
  type BidiStream,
  CLOSED,
  type CloseInfo,
  type Connection,
  type PathStats,
  QUEUE_FULL,
  type ReceiveStream,
  type SendResult,
  type SendStream,
  SENT,
  TOO_LARGE,
} from "../port.ts";
import type { Binding, HostPort, NativeConnection } from "./binding.ts";
import { Deadline } from "./deadline.ts";
import { type CloseFrame, Departure } from "./departure.ts";
import { splitDatagram } from "./packet.ts";
import { Streams } from "./streams.ts";

/** What a connection needs of the endpoint it belongs to. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly local: HostPort;
  /** The buffer for the next `transmit`. */
  buffer(): Uint8Array;
  /** Sends the first `length` bytes of that buffer, which is gone then. */
  transmit(length: number, to: HostPort): void;
  /** Asks for one `service` call later in this turn of the event loop. */
  wake(connection: NativeBackedConnection): void;
  /** The connection has no use for packets or time any more. */
  forget(connection: NativeBackedConnection): void;
}

export interface ConnectionInit {
  readonly side: "client" | "server";
  readonly native: NativeConnection;
  readonly shutdown: Binding["Shutdown"];
  readonly remote: HostPort;
  readonly keepAliveMs: number;
  /** SHA-256 the server's certificate must have. */
  readonly pin?: Uint8Array | undefined;
}

/** TLS alerts as QUIC errors (RFC 9001 4.8). */
const BAD_CERTIFICATE = 0x100 + 42;
const NO_APPLICATION_PROTOCOL = 0x100 + 120;
const INTERNAL_ERROR = 0x01;
/** `pathStats` of the addon costs up to 45 us. */
const PATH_STATS_MAX_AGE_MS = 100;
/** Keeps one connection with much to send from holding up the others. */
const PACKETS_PER_SERVICE = 64;

export class NativeBackedConnection implements Connection {
  readonly closed: Promise<CloseInfo>;
  /** Resolves when the handshake is complete and the pin holds; rejects with `QuicError`. */
  readonly ready: Promise<void>;
  readonly #host: ConnectionHost;
  readonly #init: ConnectionInit;
  readonly #native: NativeConnection;
  readonly #streams: Streams;
  readonly #deadline: Deadline;
  readonly #closed = Promise.withResolvers<CloseInfo>();
  readonly #ready = Promise.withResolvers<void>();
  #remote: HostPort;
  #established = false;
  #forgotten = false;
  #closeInfo: CloseInfo | null = null;
  #receiver: ((bytes: Uint8Array) => void) | null = null;
  #certificate: Uint8Array | null = null;
  #keepAlive: Timer | null = null;
  #pathStats: { readonly at: number; readonly value: PathStats | null } | null = null;
  /** Whether any packet of the peer came. */
  #heard = false;
  #departure: Departure | null = null;

  constructor(host: ConnectionHost, init: ConnectionInit) {
    this.#host = host;
    this.#init = init;
    this.#native = init.native;
    this.#remote = init.remote;
    this.closed = this.#closed.promise;
    this.ready = this.#ready.promise;
    this.ready.catch(() => {});
    const wake = () => host.wake(this);
    this.#streams = new Streams(init.native, init.shutdown, init.side, wake);
    this.#deadline = new Deadline(host.clock, () => {
      this.#native.onTimeout();
      this.service();
    });
  }

  get serverName(): string | null {
    if (this.#init.side === "client") return null;
    return this.#native.serverName()?.toLowerCase() ?? null;
  }

  get remoteAddress(): SocketAddress {
    return { ip: this.#remote.host, port: this.#remote.port };
  }

  get maxDatagramSize(): number {
    return this.#native.dgramMaxWritableLen() ?? 0;
  }

  get pendingDatagrams(): number {
    return this.#closeInfo === null ? this.#native.dgramSendQueueLen() : 0;
  }

  get closeInfo(): CloseInfo | null {
    return this.#closeInfo;
  }

  sendDatagram(bytes: Uint8Array): SendResult {
    if (this.#closeInfo !== null) return CLOSED;
    try {
      if (this.#native.dgramSend(bytes) === null) return QUEUE_FULL;
    } catch {
      // BufferTooShort, or InvalidState from a peer that takes no datagrams at all: its limit is 0.
      return TOO_LARGE;
    }
    this.#host.wake(this);
    return SENT;
  }

  onDatagram(receive: (bytes: Uint8Array) => void): void {
    this.#receiver = receive;
    this.#host.wake(this);
  }

  openBidi(): Promise<BidiStream> {
    return this.#streams.openBidi();
  }

  openUni(): Promise<SendStream> {
    return this.#streams.openUni();
  }

  acceptBidi(): Promise<BidiStream | null> {
    return this.#streams.acceptBidi();
  }

  acceptUni(): Promise<ReceiveStream | null> {
    return this.#streams.acceptUni();
  }

  pathStats(): PathStats | null {
    const now = this.#host.clock.now();
    if (this.#pathStats === null || now - this.#pathStats.at >= PATH_STATS_MAX_AGE_MS) {
      const paths = this.#native.pathStats();
      const path = paths.find((each) => each.active) ?? paths[0];
      const value = path ? { rttMs: path.rtt, lost: path.lost, sent: path.sent } : null;
      this.#pathStats = { at: now, value };
    }
    return this.#pathStats.value;
  }

  peerCertificate(): Uint8Array | null {
    return this.#certificate;
  }

  close(code = 0, reason = ""): void {
    if (this.#closeInfo !== null) return;
    this.#end({ kind: "local", code, reason }, { application: true, code, reason });
  }

  /** Gives up a connection whose handshake is not complete: `ready` rejects with `error`. */
  abandon(error: QuicError, transportCode: number | null = null): void {
    if (this.#established || this.#closeInfo !== null) return;
    this.#ready.reject(error);
    this.#end(
      { kind: "error", code: 0, reason: error.message },
      { application: transportCode === null, code: transportCode ?? 0, reason: "" },
    );
  }

  /** Resolves when the peer has been told of the close, or cannot be told. */
  async left(): Promise<void> {
    await this.closed;
    if (this.#heard) await this.#departure?.left;
  }

  /** Takes one packet from the network. What it means is looked at once per turn, in `service`. */
  receive(packet: Uint8Array, from: HostPort): void {
    const answer = this.#departure?.heard() ?? null;
    if (answer !== null) return this.#repeat(answer.repeat);
    this.#heard = true;
    for (const each of this.#established ? splitDatagram(packet) : [packet]) {
      try {
        this.#native.recv(each, { from, to: this.#host.local });
      } catch {
        // Garbage, or an error after which quiche closes by itself: `service` sees that in its state.
      }
    }
    this.#host.wake(this);
  }

  /** Looks at everything that changed, hands it on, and sends what there is to send. */
  service(): void {
    if (this.#forgotten) return;
    if (this.#closeInfo !== null) return this.#depart();
    if (!this.#established) this.#checkHandshake();
    if (this.#established) {
      this.#streams.service();
      this.#deliver();
    }
    this.#transmit();
    if (this.#closeInfo === null) this.#checkClosed();
    this.#settle();
  }

  /** No more packets, no more time: for a connection that is closed. */
  retire(): void {
    this.#forgotten = true;
    this.#deadline.cancel();
    this.#departure?.end();
    this.#host.forget(this);
  }

  #checkHandshake(): void {
    if (!this.#native.isEstablished()) return;
    // A client that refuses our certificate says so right behind its half of the handshake.
    if (this.#native.peerError()?.isApp === false) return;
    if (this.#native.applicationProto().length === 0) {
      const error = new QuicError("handshake_failed", "No common application protocol");
      return this.abandon(error, NO_APPLICATION_PROTOCOL);
    }
    if (this.#init.side === "client") {
      this.#certificate = this.#native.peerCertChain()?.[0] ?? null;
      if (!this.#pinHolds()) {
        const error = new QuicError("pin_mismatch", "The server has another certificate");
        return this.abandon(error, BAD_CERTIFICATE);
      }
    }
    this.#established = true;
    const { keepAliveMs } = this.#init;
    if (keepAliveMs > 0) {
      this.#keepAlive = this.#host.clock.every(keepAliveMs, () => {
        this.#native.sendAckEliciting();
        this.#host.wake(this);
      });
    }
    this.#ready.resolve();
  }

  #pinHolds(): boolean {
    const { pin } = this.#init;
    if (pin === undefined) return true;
    if (this.#certificate === null) return false;
    return createHash("sha256").update(this.#certificate).digest().equals(pin);
  }

  #deliver(): void {
    while (this.#receiver !== null && this.#closeInfo === null) {
      const bytes = this.#native.dgramRecvVec();
      if (bytes === null) return;
      this.#receiver(bytes);
    }
  }

  /** Sends what quiche has to send, within limits; says how many packets that were. */
  #transmit(): number {
    if (this.#forgotten) return 0;
    for (let sent = 0; sent < PACKETS_PER_SERVICE; sent++) {
      const buffer = this.#host.buffer();
      let result: ReturnType<NativeConnection["send"]>;
      try {
        result = this.#native.send(buffer);
      } catch {
        // quiche wants a connection dropped whose packets it cannot write.
        this.#end({ kind: "error", code: 0, reason: "packets cannot be written" }, null);
        this.retire();
        return sent;
      }
      if (result === null) return sent;
      const [length, { to }] = result;
      // The path may have moved with the peer (NAT rebinding).
      if (to.port !== this.#remote.port || to.host !== this.#remote.host) this.#remote = to;
      this.#departure?.sent(buffer.subarray(0, length));
      this.#host.transmit(length, to);
      if (this.#departure?.isRunaway) {
        this.retire();
        return sent + 1;
      }
    }
    this.#host.wake(this);
    return PACKETS_PER_SERVICE;
  }

  #checkClosed(): void {
    if (!this.#native.isDraining() && !this.#native.isClosed()) return;
    const peer = this.#native.peerError();
    if (peer !== null) {
      const reason = new TextDecoder().decode(new Uint8Array(peer.reason));
      this.#end(
        peer.isApp
          ? { kind: "peer", code: peer.errorCode, reason }
          : { kind: "error", code: 0, reason: transportError("peer", peer.errorCode, reason) },
        null,
      );
    } else if (this.#native.isTimedOut()) {
      this.#end({ kind: "idle", code: 0, reason: "" }, null);
    } else {
      const code = this.#native.localError()?.errorCode ?? INTERNAL_ERROR;
      this.#end({ kind: "error", code: 0, reason: transportError("local", code, "") }, null);
    }
  }

  /** Everybody who waits is told, once; the peer with `frame`. */
  #end(info: CloseInfo, frame: CloseFrame | null): void {
    if (this.#closeInfo !== null) return;
    this.#closeInfo = info;
    this.#keepAlive?.cancel();
    const said = info.reason === "" ? "" : `: ${info.reason}`;
    this.#ready.reject(
      info.kind === "idle"
        ? new QuicError("timeout", "The peer did not answer")
        : new QuicError("handshake_failed", `The handshake failed${said}`),
    );
    this.#streams.close(new QuicError("closed", `The connection is closed (${info.kind})${said}`));
    this.#departure = new Departure(this.#native, this.#host.clock, frame, () => this.retire());
    this.#closed.resolve(info);
    this.#depart();
  }

  #depart(): void {
    if (this.#departure?.isPending) {
      // Before it has heard the server quiche has no words for a close, only its first packet again.
      if (!this.#heard) return;
      this.#departure.speak(() => this.#transmit());
    }
    this.#transmit();
    this.#settle();
  }

  /** After every step: the next deadline, or the end of it all. */
  #settle(): void {
    if (this.#forgotten) return;
    if (this.#native.isClosed()) return this.retire();
    const timeout = this.#native.timeout();
    // The addon rounds down to whole milliseconds; waking early would only mean to wake again.
    this.#deadline.set(timeout === null ? null : timeout + 1);
  }

  #repeat(farewell: Uint8Array | null): void {
    if (farewell === null) return;
    this.#host.buffer().set(farewell);
    this.#host.transmit(farewell.length, this.#remote);
  }
}

function transportError(by: "local" | "peer", code: number, reason: string): string {
  const name = code === NO_APPLICATION_PROTOCOL
    ? "no common application protocol"
    : `transport error 0x${code.toString(16)}`;
  const end = reason === "" ? "" : ` (${reason})`;
  return by === "peer" ? `the peer closed with ${name}${end}` : `closed here with ${name}`;
}
