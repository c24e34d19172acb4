/** A connection on Deno's built-in QUIC; datagrams through it are the media path. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type {
  BidiStream,
  CloseInfo,
  Connection,
  ReceiveStream,
  SendResult,
  SendStream,
} from "../port.ts";
import { CLOSED, QUEUE_FULL, SENT, TOO_LARGE } from "../port.ts";
import { abnormalClose, streamFailure } from "./failures.ts";
import { bidiStream, receiveStream, sendStream } from "./streams.ts";

/**
 * Sends that may be on their way into the transport at once. While its 1 MiB buffer has room they are taken
 * within the same event-loop turn, so the cap has to hold the burst of one turn: 256 datagrams are half a second
 * of ten speakers at 50 packets/s. Once the buffer is full they wait for real, behind a megabyte of stale audio,
 * and more would only add memory: 256 x 1,414 bytes.
 */
export const DEFAULT_MAX_PENDING_DATAGRAMS = 256;

/**
 * What a closed connection pretends to weigh. Deno's objects keep the transport's state (about 45 KB) until they are
 * collected, and the collector does not see it: after a flood of short connections it let 680 MB stand. This memory it
 * does see. It must be resizable: V8 then maps pages that nobody touches, where malloc may clear each byte of it.
 */
const BALLAST_BYTES = 131_072;
const ballast = new WeakMap<object, ArrayBuffer>();

const WAIT_FOR_CREDIT: Deno.QuicSendStreamOptions = { waitUntilAvailable: true };

/** An address of Deno's as ours. quinn has un-mapped it, and Rust prints IPv6 in its canonical form. */
export function socketAddress({ hostname, port }: Deno.NetAddr): SocketAddress {
  return { ip: hostname, port };
}

export class DenoConnection implements Connection {
  readonly closed: Promise<CloseInfo>;

  readonly #quic: Deno.QuicConn;
  readonly #maxPending: number;
  readonly #onTaken: () => void;
  readonly #onRefused: () => void;
  #resolveClosed!: (info: CloseInfo) => void;
  #closeInfo: CloseInfo | null = null;
  #pending = 0;
  #droppedAfterSend = 0;
  #receive: ((bytes: Uint8Array) => void) | null = null;
  // Neither is pulled before it is read: streams not accepted stay bounded by the peer's credit.
  #bidi: ReadableStreamDefaultReader<Deno.QuicBidirectionalStream> | null = null;
  #uni: ReadableStreamDefaultReader<Deno.QuicReceiveStream> | null = null;

  constructor(quic: Deno.QuicConn, maxPendingDatagrams?: number) {
    this.#quic = quic;
    this.#maxPending = maxPendingDatagrams ?? DEFAULT_MAX_PENDING_DATAGRAMS;
    this.#onTaken = () => void this.#pending--;
    this.#onRefused = () => {
      this.#pending--;
      this.#droppedAfterSend++;
    };
    this.closed = new Promise((resolve) => this.#resolveClosed = resolve);
    quic.closed.then(
      // A close of our own also ends here, as code 0 without a reason, after `close` has settled it.
      ({ closeCode, reason }) => this.#settle({ kind: "peer", code: closeCode, reason }),
      (error) => this.#settle(abnormalClose(error)),
    );
  }

  get serverName(): string | null {
    return this.#quic.serverName ?? null;
  }

  get remoteAddress(): SocketAddress {
    return socketAddress(this.#quic.remoteAddr);
  }

  get maxDatagramSize(): number {
    return this.#quic.maxDatagramSize;
  }

  get pendingDatagrams(): number {
    return this.#pending;
  }

  get droppedAfterSend(): number {
    return this.#droppedAfterSend;
  }

  get closeInfo(): CloseInfo | null {
    return this.#closeInfo;
  }

  sendDatagram(bytes: Uint8Array): SendResult {
    if (this.#closeInfo !== null) return CLOSED;
    if (bytes.length > this.#quic.maxDatagramSize) return TOO_LARGE;
    if (this.#pending >= this.#maxPending) return QUEUE_FULL;
    this.#pending++;
    this.#quic.sendDatagram(bytes).then(this.#onTaken, this.#onRefused);
    return SENT;
  }

  onDatagram(receive: (bytes: Uint8Array) => void): void {
    if (this.#receive === null) this.#readDatagrams(receive);
    else this.#receive = receive;
  }

  async openBidi(): Promise<BidiStream> {
    try {
      return bidiStream(await this.#quic.createBidirectionalStream(WAIT_FOR_CREDIT));
    } catch (error) {
      throw streamFailure(error);
    }
  }

  async openUni(): Promise<SendStream> {
    try {
      return sendStream(await this.#quic.createUnidirectionalStream(WAIT_FOR_CREDIT));
    } catch (error) {
      throw streamFailure(error);
    }
  }

  acceptBidi(): Promise<BidiStream | null> {
    this.#bidi ??= this.#quic.incomingBidirectionalStreams.getReader();
    return acceptNext(this.#bidi, bidiStream);
  }

  acceptUni(): Promise<ReceiveStream | null> {
    this.#uni ??= this.#quic.incomingUnidirectionalStreams.getReader();
    return acceptNext(this.#uni, receiveStream);
  }

  close(code = 0, reason = ""): void {
    if (this.#closeInfo !== null) return;
    this.#quic.close({ closeCode: code, reason });
    this.#settle({ kind: "local", code, reason });
  }

  async #readDatagrams(receive: (bytes: Uint8Array) => void): Promise<void> {
    this.#receive = receive;
    for (;;) {
      let bytes;
      try {
        bytes = await this.#quic.readDatagram();
      } catch {
        return; // The connection is closed: `closed` tells why.
      }
      // What the peer sent before its own close is still delivered.
      if (this.#closeInfo?.kind === "local") return;
      this.#receive(bytes);
    }
  }

  #settle(info: CloseInfo): void {
    if (this.#closeInfo !== null) return;
    this.#closeInfo = info;
    ballast.set(this, new ArrayBuffer(BALLAST_BYTES, { maxByteLength: BALLAST_BYTES }));
    this.#resolveClosed(info);
  }
}

async function acceptNext<Theirs, Ours>(
  streams: ReadableStreamDefaultReader<Theirs>,
  adapt: (stream: Theirs) => Ours,
): Promise<Ours | null> {
  try {
    const { value, done } = await streams.read();
    return done ? null : adapt(value);
  } catch {
    return null; // Also a stream whose connection closed before it could be handed over.
  }
}
