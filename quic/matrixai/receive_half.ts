/** The receiving half of a stream: what is not read stays in quiche, so flow control holds the peer back. */
import { QuicError } from "../errors.ts";
import type { ReceiveStream } from "../port.ts";
import { isUnknownStream, streamErrorCode } from "./binding.ts";
import type { StreamOwner } from "./stream_owner.ts";

/** As large as the stream window; shared, since every read copies out of it at once. */
const scratch = new Uint8Array(65_536);

export class ReceiveHalf implements ReceiveStream {
  readonly id: number;
  readonly #owner: StreamOwner;
  #reader: PromiseWithResolvers<Uint8Array | null> | null = null;
  #ended = false;
  #error: QuicError | null = null;
  /** A stop that came before the peer's stream itself. */
  #stopCode: number | null = null;

  constructor(owner: StreamOwner, id: number) {
    this.#owner = owner;
    this.id = id;
  }

  read(): Promise<Uint8Array | null> {
    const reader = Promise.withResolvers<Uint8Array | null>();
    // A caller may drop the promise; its rejection must not end the process.
    reader.promise.catch(() => {});
    if (this.#error !== null) {
      reader.reject(this.#error);
    } else if (this.#ended) {
      reader.resolve(null);
    } else if (this.#reader !== null) {
      reader.reject(new TypeError(`Stream ${this.id} is already being read`));
    } else {
      this.#reader = reader;
      this.arrive();
      const closed = this.#owner.closedError();
      if (closed !== null) this.close(closed);
    }
    return reader.promise;
  }

  stop(code = 0): void {
    if (this.#ended || this.#error !== null) return;
    this.#discard();
    if (this.#ended || this.#error !== null) return;
    this.#stopCode = code;
    this.fail(
      new QuicError("stream_reset", `Stream ${this.id} was stopped here with code ${code}`),
    );
    this.arrive();
  }

  /** There may be something to read: serves a stop that waits, else a reader that waits. */
  arrive(): void {
    if (this.#stopCode !== null) return this.#sendStop(this.#stopCode);
    if (this.#reader === null) return;
    const bytes = this.#pull();
    if (bytes === undefined) return;
    this.#reader.resolve(bytes);
    this.#reader = null;
  }

  /** The connection is closed: who waits gets `error`, what has arrived can still be read. */
  close(error: QuicError): void {
    this.arrive();
    this.#reader?.reject(error);
    this.#reader = null;
  }

  /** Ends the half: whoever reads, now or later, gets `error`. */
  fail(error: QuicError): void {
    this.#error = error;
    this.#reader?.reject(error);
    this.#reader = null;
    if (this.#stopCode === null) this.#owner.release(this.id);
  }

  /** The next bytes, null at the end, undefined when there is nothing yet or the half has failed. */
  #pull(): Uint8Array | null | undefined {
    try {
      const result = this.#owner.native.streamRecv(this.id, scratch);
      if (result === null) return undefined;
      // Reading opens the window, which the peer must be told.
      this.#owner.wake();
      const [length, fin] = result;
      if (fin) {
        this.#ended = true;
        this.#owner.release(this.id);
      }
      if (length > 0) return scratch.slice(0, length);
      return fin ? null : undefined;
    } catch (error) {
      if (isUnknownStream(error) && !this.#owner.hasArrived(this.id)) return undefined;
      const code = streamErrorCode(error);
      const how = code === null ? "is gone" : `was reset by the peer with code ${code}`;
      this.fail(new QuicError("stream_reset", `Stream ${this.id} ${how}`, { cause: error }));
      return undefined;
    }
  }

  /**
   * Reads what has arrived before a stop: quiche 0.18 never gives the connection window back for bytes that are
   * buffered when a stream is shut down. The same goes for bytes unread when the peer resets it, which cannot be
   * helped from here; nobody in this house resets a stream with a message on it.
   */
  #discard(): void {
    for (;;) {
      const bytes = this.#pull();
      if (bytes === null || bytes === undefined) return;
    }
  }

  #sendStop(code: number): void {
    if (!this.#owner.hasArrived(this.id)) return;
    try {
      this.#owner.native.streamShutdown(this.id, this.#owner.shutdown.Read, code);
    } catch {
      // Already gone.
    }
    this.#stopCode = null;
    this.#owner.release(this.id);
    this.#owner.wake();
  }
}
