/**
 * Takes a peer's message streams in side by side and hands their bytes over in stream order. A transport keeps what
 * nobody reads, over a megabyte for each stream, also after the connection is gone; here it is counted and bounded.
 */
import { WireError } from "../proto/errors.ts";
import { FrameReader } from "../proto/signal/mod.ts";
import type { Clock } from "./clock.ts";
import { Pace } from "./pace.ts";
import type { BidiStream, Connection } from "./port.ts";

/** Streams taken in and not handed over yet: as many as a relay lets its clients have open. */
export const MAX_STREAMS_AHEAD = 16;

/** What messages of a stranger behind the next one may hold together; the next one may have the largest size. */
const MAX_BYTES_AHEAD = 256 * 1024;

/** How many stalled messages are forgiven a minute, beside those that may stall at once. */
const STALLS_FORGIVEN_A_MINUTE = 1;
/** The close reason of a peer that begins messages again and again and does not finish them. */
const STALLED = "stalled messages";

/** A message as it came, or why it could not be read. */
export interface TakenIn {
  readonly result: Uint8Array | WireError;
  /** Bytes read for it. */
  readonly bytes: number;
}

export interface IntakeLimits {
  /** How long one message may take from its stream's beginning to its last byte. */
  readonly stallMs: number;
  /** Messages that may not make it in that time, at once; the connection is closed for more. */
  readonly maxStalls: number;
  readonly maxMessageBytes: number;
}

interface Held {
  readonly stream: BidiStream;
  readonly done: Promise<TakenIn>;
  bytes: number;
}

export class SignalIntake {
  /** What messages behind the next one may hold together. */
  maxBytesAhead = MAX_BYTES_AHEAD;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #limits: IntakeLimits;
  readonly #stalls: Pace;
  /** In stream order. */
  readonly #held: Held[] = [];
  #bytes = 0;
  #accepting = false;
  #ended = false;
  #wake = () => {};

  constructor(connection: Connection, clock: Clock, limits: IntakeLimits) {
    this.#connection = connection;
    this.#clock = clock;
    this.#limits = limits;
    this.#stalls = new Pace(STALLS_FORGIVEN_A_MINUTE / 60, limits.maxStalls);
  }

  /** The next message; null when the connection is closed. One call at a time. */
  async next(): Promise<TakenIn | null> {
    this.#accept();
    while (this.#held.length === 0) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const next = this.#held[0]!;
    const taken = await next.done;
    this.#held.shift();
    this.#bytes -= next.bytes;
    // Nothing is ever sent back on a peer's stream; its end gives the peer the credit for another one.
    next.stream.send.finish().catch(() => {});
    this.#accept();
    return taken;
  }

  async #accept(): Promise<void> {
    if (this.#accepting || this.#ended) return;
    this.#accepting = true;
    while (this.#held.length < MAX_STREAMS_AHEAD) {
      const stream = await this.#connection.acceptBidi();
      if (stream === null) this.#ended = true;
      else this.#take(stream);
      this.#wake();
      if (this.#ended) break;
    }
    this.#accepting = false;
  }

  #take(stream: BidiStream): void {
    const { promise, resolve } = Promise.withResolvers<TakenIn>();
    const held: Held = { stream, done: promise, bytes: 0 };
    this.#held.push(held);
    this.#read(held).catch((error) => {
      if (error instanceof WireError) return error;
      return new WireError("truncated", "A stream ended before its message");
    }).then((result) => {
      stream.receive.stop(0);
      resolve({ result, bytes: held.bytes });
    });
  }

  async #read(held: Held): Promise<Uint8Array> {
    const { receive } = held.stream;
    const { maxMessageBytes, stallMs } = this.#limits;
    const reader = new FrameReader(maxMessageBytes);
    let stalled = false;
    // Stopping a stream ends the read that waits for it.
    const timer = this.#clock.after(stallMs, () => {
      stalled = true;
      receive.stop(0);
      this.#onStall();
    });
    try {
      for (;;) {
        const part = await receive.read().catch(() => null);
        if (stalled) {
          throw new WireError("stalled", `A message was not complete after ${stallMs} ms`);
        }
        if (part === null) throw new WireError("truncated", "A stream ended before its message");
        held.bytes += part.length;
        this.#bytes += part.length;
        const body = reader.push(part);
        if (body !== null) return body;
        if (held !== this.#held[0] && this.#bytes - this.#held[0]!.bytes > this.maxBytesAhead) {
          throw new WireError("too_large", "Too much was sent before its turn");
        }
      }
    } finally {
      timer.cancel();
    }
  }
  /** Each holds memory for a while; an honest peer's come one at a time, when its network fails. */
  #onStall(): void {
    const now = this.#clock.now();
    this.#stalls.charge(now, 1);
    if (this.#stalls.wait(now) > 0) this.#connection.close(0, STALLED);
  }
}
