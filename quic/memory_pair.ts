/** Two connected `Connection`s in memory, for tests of what is built on the port: no sockets, no time. */
import type { SocketAddress } from "../proto/socket_address.ts";
import { QuicError } from "./errors.ts";
import {
  type BidiStream,
  CLOSED,
  type CloseInfo,
  type Connection,
  QUEUE_FULL,
  type ReceiveStream,
  type SendResult,
  type SendStream,
  SENT,
  TOO_LARGE,
} from "./port.ts";

export interface MemoryPairOptions {
  readonly serverName?: string;
  /** Where the server sees its client. */
  readonly clientAddress?: SocketAddress;
  /** Streams of each kind a side may have open towards the other, as transports limit them. */
  readonly streamCredit?: number;
  readonly maxDatagramSize?: number;
}

/** The client's and the server's end. */
export function memoryPair(
  options: MemoryPairOptions = {},
): [client: MemoryConnection, server: MemoryConnection] {
  const client = new MemoryConnection({ ip: "127.0.0.1", port: 4433 }, null, options);
  const server = new MemoryConnection(
    options.clientAddress ?? { ip: "127.0.0.1", port: 50000 },
    options.serverName ?? null,
    options,
  );
  client.peer = server;
  server.peer = client;
  return [client, server];
}

/** Values handed over one by one, with waiting on the taking side; ends with null. */
class Handover<T> {
  readonly #ready: T[] = [];
  readonly #takers: ((value: T | null) => void)[] = [];
  #ended = false;

  put(value: T): void {
    const taker = this.#takers.shift();
    if (taker) taker(value);
    else this.#ready.push(value);
  }

  take(): Promise<T | null> {
    const value = this.#ready.shift();
    if (value !== undefined) return Promise.resolve(value);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  end(): void {
    this.#ended = true;
    for (const taker of this.#takers.splice(0)) taker(null);
  }
}

/** One direction of a stream. */
class Pipe implements SendStream, ReceiveStream {
  readonly #parts = new Handover<Uint8Array>();
  readonly #connection: MemoryConnection;
  #reset: QuicError | null = null;
  /** The reader is done with it; only then does a transport give the credit back. */
  readonly done: Promise<void>;
  #finish!: () => void;
  /** What the sender did, for assertions. */
  readonly log: string[] = [];

  constructor(readonly id: number, connection: MemoryConnection) {
    this.#connection = connection;
    this.done = new Promise((resolve) => this.#finish = resolve);
    connection.closed.then(() => this.#abandon());
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#reset || this.#connection.closeInfo) return Promise.reject(this.#failure());
    this.log.push(`write ${bytes.length}`);
    if (bytes.length > 0) this.#parts.put(bytes.slice());
    return Promise.resolve();
  }

  async finish(bytes?: Uint8Array): Promise<void> {
    if (bytes) await this.write(bytes);
    else if (this.#reset) throw this.#failure();
    this.log.push("fin");
    this.#parts.end();
  }

  reset(code = 0): void {
    this.log.push(`reset ${code}`);
    this.#reset ??= new QuicError("stream_reset", `Stream was reset with code ${code}.`);
    this.#abandon();
  }

  async read(): Promise<Uint8Array | null> {
    const part = await this.#parts.take();
    if (part === null) this.#finish();
    if (part === null && (this.#reset || this.#connection.closeInfo)) throw this.#failure();
    return part;
  }

  stop(code = 0): void {
    this.log.push(`stop ${code}`);
    this.#reset ??= new QuicError("stream_reset", `The peer stopped the stream, code ${code}.`);
    this.#abandon();
  }

  #abandon(): void {
    this.#parts.end();
    this.#finish();
  }

  #failure(): QuicError {
    return this.#reset ?? new QuicError("closed", "The connection is closed.");
  }
}

export class MemoryConnection implements Connection {
  peer!: MemoryConnection;
  readonly closed: Promise<CloseInfo>;
  closeInfo: CloseInfo | null = null;
  pendingDatagrams = 0;
  /** Set it to make every datagram be refused as a full queue would. */
  blocked = false;
  readonly maxDatagramSize: number;
  #resolveClosed!: (info: CloseInfo) => void;
  #receive: ((bytes: Uint8Array) => void) | null = null;
  #early: Uint8Array[] = [];
  readonly #bidi = new Handover<BidiStream>();
  readonly #uni = new Handover<ReceiveStream>();
  #credit: number;
  readonly #waiting: (() => void)[] = [];
  #nextId = 0;

  constructor(
    readonly remoteAddress: SocketAddress,
    readonly serverName: string | null,
    options: MemoryPairOptions,
  ) {
    this.#credit = options.streamCredit ?? 100;
    this.maxDatagramSize = options.maxDatagramSize ?? 1162;
    this.closed = new Promise((resolve) => this.#resolveClosed = resolve);
  }

  sendDatagram(bytes: Uint8Array): SendResult {
    if (this.closeInfo) return CLOSED;
    if (bytes.length > this.maxDatagramSize) return TOO_LARGE;
    if (this.blocked) return QUEUE_FULL;
    this.peer.#deliver(bytes.slice());
    return SENT;
  }

  onDatagram(receive: (bytes: Uint8Array) => void): void {
    this.#receive = receive;
    for (const bytes of this.#early.splice(0)) receive(bytes);
  }

  async openBidi(): Promise<BidiStream> {
    await this.#takeCredit();
    const [there, back] = [this.#pipe(), this.#pipe()];
    this.#release(Promise.all([there.done, back.done]));
    this.peer.#bidi.put({ send: back, receive: there });
    return { send: there, receive: back };
  }

  async openUni(): Promise<SendStream> {
    await this.#takeCredit();
    const there = this.#pipe();
    this.#release(there.done);
    this.peer.#uni.put(there);
    return there;
  }

  acceptBidi(): Promise<BidiStream | null> {
    return this.#bidi.take();
  }

  acceptUni(): Promise<ReceiveStream | null> {
    return this.#uni.take();
  }

  close(code = 0, reason = ""): void {
    this.end({ kind: "local", code, reason });
    this.peer.end({ kind: "peer", code, reason });
  }

  /** Ends this side alone, as an idle timeout or a transport error would. */
  end(info: CloseInfo): void {
    if (this.closeInfo) return;
    this.closeInfo = info;
    this.#bidi.end();
    this.#uni.end();
    for (const wake of this.#waiting.splice(0)) wake();
    this.#resolveClosed(info);
  }

  #deliver(bytes: Uint8Array): void {
    if (this.closeInfo) return;
    if (this.#receive) this.#receive(bytes);
    else this.#early.push(bytes);
  }

  #pipe(): Pipe {
    return new Pipe(this.#nextId++, this);
  }

  async #takeCredit(): Promise<void> {
    while (this.#credit === 0 && !this.closeInfo) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.closeInfo) throw new QuicError("closed", "The connection is closed.");
    this.#credit--;
  }

  #release(done: Promise<unknown>): void {
    done.then(() => {
      this.#credit++;
      this.#waiting.shift()?.();
    });
  }
}
