/** The sending half of a stream: writes in order, each waiting for as long as flow control says. */
import { QuicError } from "../errors.ts";
import type { SendStream } from "../port.ts";
import { isUnknownStream, streamErrorCode } from "./binding.ts";
import type { StreamOwner } from "./stream_owner.ts";

const NO_BYTES = new Uint8Array(0);

interface Write {
  /** What is left of it. */
  bytes: Uint8Array;
  readonly fin: boolean;
  readonly done: PromiseWithResolvers<void>;
}

export class SendHalf implements SendStream {
  readonly id: number;
  readonly #owner: StreamOwner;
  readonly #writes: Write[] = [];
  #finished = false;
  #error: QuicError | null = null;
  /** A reset that came before the peer's stream itself. */
  #resetCode: number | null = null;

  constructor(owner: StreamOwner, id: number) {
    this.#owner = owner;
    this.id = id;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#queue(bytes, false);
  }

  finish(bytes: Uint8Array = NO_BYTES): Promise<void> {
    return this.#queue(bytes, true);
  }

  reset(code = 0): void {
    if (this.#error !== null || (this.#finished && this.#writes.length === 0)) return;
    this.fail(new QuicError("stream_reset", `Stream ${this.id} was reset here with code ${code}`));
    this.#resetCode = code;
    if (!this.retry()) this.#owner.block(this);
    this.#owner.wake();
  }

  /** Goes on where flow control stopped; false when it still has to wait. */
  retry(): boolean {
    if (this.#resetCode !== null) return this.#sendReset(this.#resetCode);
    for (let write = this.#writes[0]; write !== undefined; write = this.#writes[0]) {
      if (!this.#send(write)) return this.#error !== null;
      this.#writes.shift();
      write.done.resolve();
    }
    return true;
  }

  /** Ends the half: whatever waits or comes later rejects with `error`. */
  fail(error: QuicError): void {
    this.#error ??= error;
    for (const write of this.#writes.splice(0)) write.done.reject(this.#error);
  }

  #queue(bytes: Uint8Array, fin: boolean): Promise<void> {
    const error = this.#error ?? this.#owner.closedError();
    if (error !== null) return rejected(error);
    if (this.#finished) return rejected(new TypeError(`Stream ${this.id} is already finished`));
    this.#finished = fin;
    const write: Write = { bytes, fin, done: Promise.withResolvers() };
    // A caller may drop the promise; its rejection must not end the process.
    write.done.promise.catch(() => {});
    this.#writes.push(write);
    if (this.#writes.length === 1 && !this.retry()) this.#owner.block(this);
    this.#owner.wake();
    return write.done.promise;
  }

  /** Hands bytes over; true when all were taken. */
  #send(write: Write): boolean {
    const native = this.#owner.native;
    try {
      for (;;) {
        if (write.bytes.length === 0 && !write.fin) return true;
        const taken = native.streamSend(this.id, write.bytes, write.fin);
        if (taken === write.bytes.length) return true;
        if (taken === null || taken === 0) {
          // "Nothing taken" also stands for a stream that ended and was forgotten; this call throws then.
          native.streamCapacity(this.id);
          return false;
        }
        write.bytes = write.bytes.subarray(taken);
      }
    } catch (error) {
      if (isUnknownStream(error) && !this.#owner.hasArrived(this.id)) return false;
      const code = streamErrorCode(error);
      // quiche can forget a stopped stream, and the code with it, before we look.
      const how = code === null ? "stopped by the peer" : `stopped by the peer with code ${code}`;
      this.fail(new QuicError("stream_reset", `Stream ${this.id} was ${how}`, { cause: error }));
      if (code !== null) this.#sendReset(code);
      return false;
    }
  }

  #sendReset(code: number): boolean {
    try {
      this.#owner.native.streamShutdown(this.id, this.#owner.shutdown.Write, code);
    } catch {
      // Already gone.
    }
    return this.#owner.hasArrived(this.id);
  }
}

function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(() => {});
  return promise;
}
