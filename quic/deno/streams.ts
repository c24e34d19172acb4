/** The two halves of a QUIC stream on Deno's web streams. */
import type { BidiStream, ReceiveStream, SendStream } from "../port.ts";
import { QuicError } from "../errors.ts";
import { streamFailure } from "./failures.ts";

/** Most bytes one `read` returns. A stream holds a buffer of this size, and only from its first read on. */
const READ_SIZE = 16 * 1024;

/**
 * Sending half. Deno has no RESET_STREAM: an abandoned stream ends with FIN after what was written, unless
 * the peer had sent STOP_SENDING. A write that waits for the peer's credit cannot be taken back; it ends when
 * the peer reads, stops the stream or the connection closes.
 */
class DenoSendStream implements SendStream {
  readonly id: number;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: Deno.QuicSendStream, id: number) {
    this.id = id;
    this.#writer = stream.getWriter();
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(bytes);
    } catch (error) {
      throw streamFailure(error);
    }
  }

  async finish(bytes?: Uint8Array): Promise<void> {
    try {
      const written = bytes === undefined ? undefined : this.#writer.write(bytes);
      await Promise.all([written, this.#writer.close()]);
    } catch (error) {
      throw streamFailure(error);
    }
  }

  reset(_code?: number): void {
    const abandoned = new QuicError("stream_reset", "The stream was abandoned by this side");
    this.#writer.abort(abandoned).catch(() => {});
  }
}

/** Receiving half. Deno always stops a stream with code 0. */
class DenoReceiveStream implements ReceiveStream {
  readonly id: number;
  readonly #reader: ReadableStreamBYOBReader;
  #buffer: ArrayBuffer | null = null;
  #stopped = false;

  constructor(stream: Deno.QuicReceiveStream, id: number) {
    this.id = id;
    this.#reader = stream.getReader({ mode: "byob" });
  }

  async read(): Promise<Uint8Array | null> {
    const buffer = this.#buffer ?? new ArrayBuffer(READ_SIZE);
    // The reader takes the buffer away; a second read while this one waits gets its own.
    this.#buffer = null;
    try {
      const { value, done } = await this.#reader.read(new Uint8Array(buffer));
      if (this.#stopped) throw stoppedHere();
      if (done) return null;
      this.#buffer = value.buffer;
      return value.slice();
    } catch (error) {
      throw this.#stopped ? stoppedHere() : streamFailure(error);
    }
  }

  stop(_code?: number): void {
    this.#stopped = true;
    this.#buffer = null;
    this.#reader.cancel().catch(() => {});
  }
}

// The id lives in the stream's resource: on a connection that has just closed, reading it throws.

/** Both halves of a bidirectional stream. */
export function bidiStream(stream: Deno.QuicBidirectionalStream): BidiStream {
  const id = Number(stream.readable.id);
  return {
    send: new DenoSendStream(stream.writable, id),
    receive: new DenoReceiveStream(stream.readable, id),
  };
}

export function sendStream(stream: Deno.QuicSendStream): SendStream {
  return new DenoSendStream(stream, Number(stream.id));
}

export function receiveStream(stream: Deno.QuicReceiveStream): ReceiveStream {
  return new DenoReceiveStream(stream, Number(stream.id));
}

function stoppedHere(): QuicError {
  return new QuicError("stream_reset", "The stream was stopped by this side");
}
