/**
 * Signal messages over a connection: one message = one new bidirectional stream opened by its sender,
 * holding length, JSON and FIN. Message order is stream order.
 */
import { WireError } from "../proto/errors.ts";
import {
  decodeSignal,
  encodeFrame,
  type KnownSignal,
  MAX_MESSAGE_BYTES,
  type Signal,
} from "../proto/signal/mod.ts";
import type { Clock } from "./clock.ts";
import { Pace } from "./pace.ts";
import type { Connection } from "./port.ts";
import { SignalIntake } from "./signal_intake.ts";
import { SignalQueue } from "./signal_queue.ts";

export interface SignalChannelOptions {
  readonly clock: Clock;
  /** Messages waiting for a peer that takes none. Default 128. */
  readonly maxQueued?: number;
  /** Their bytes. Default 2 MiB: room for one message of the largest size and everything else. */
  readonly maxQueuedBytes?: number;
  /** How long one inbound message may take from its first byte to its last. Default 10 s. */
  readonly stallMs?: number;
  /** Inbound messages that may take longer, at once and one more a minute; then the connection is closed. Default: any number. */
  readonly maxStalls?: number;
  /** Most bytes of an inbound message. Default 1 MiB, the limit of the protocol. */
  readonly maxMessageBytes?: number;
  /** Inbound messages per second in the long run; a message counts one more for every KiB. Default 200. */
  readonly perSecond?: number;
  /** Inbound messages that may come at once. Default 400. */
  readonly burst?: number;
  /** Bytes of inbound messages that may come before their turn; more cost the message. Default 256 KiB. */
  readonly maxBytesAhead?: number;
}

const DEFAULT_PER_SECOND = 200;
const DEFAULT_BURST = 400;

export class SignalChannel {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #queue: SignalQueue;
  #pace: Pace;
  readonly #intake: SignalIntake;
  #sending = false;
  #sent = 0;
  #idle: (() => void)[] = [];

  constructor(connection: Connection, options: SignalChannelOptions) {
    this.#connection = connection;
    this.#clock = options.clock;
    this.#intake = new SignalIntake(connection, options.clock, {
      stallMs: options.stallMs ?? 10_000,
      maxStalls: options.maxStalls ?? Infinity,
      maxMessageBytes: options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
    });
    if (options.maxBytesAhead !== undefined) this.#intake.maxBytesAhead = options.maxBytesAhead;
    this.#pace = new Pace(options.perSecond ?? DEFAULT_PER_SECOND, options.burst ?? DEFAULT_BURST);
    this.#queue = new SignalQueue({
      maxMessages: options.maxQueued ?? 128,
      maxBytes: options.maxQueuedBytes ?? 2 * 1024 * 1024,
    });
  }

  /** Lets the peer send more from now on, once it has shown that it may. */
  allow(
    limits: Required<Pick<SignalChannelOptions, "perSecond" | "burst" | "maxBytesAhead">>,
  ): void {
    this.#pace = new Pace(limits.perSecond, limits.burst);
    this.#intake.maxBytesAhead = limits.maxBytesAhead;
  }

  /** Messages waiting to be sent. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Messages handed to the transport since the beginning. */
  get sent(): number {
    return this.#sent;
  }

  /** Messages given up because the queue was full. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Messages replaced by a newer one of their kind before they were sent. */
  get replaced(): number {
    return this.#queue.replaced;
  }

  /** Queues a message; false when it was dropped. Never waits. Of several waiting ones of a `kind` the newest counts. */
  send(message: KnownSignal, kind?: string): boolean {
    return this.sendFrame(encodeFrame(message), kind);
  }

  /** The same for a frame that was encoded once for many receivers. */
  sendFrame(frame: Uint8Array, kind?: string): boolean {
    if (this.#connection.closeInfo !== null) return false;
    if (!this.#queue.push(frame, kind)) return false;
    if (!this.#sending) this.#pump();
    return true;
  }

  /** Resolves when everything queued so far has been handed to the transport, or never will be. */
  flushed(): Promise<void> {
    if (!this.#sending) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * The peer's next message: a signal, the error of one that cannot be read (later ones may still be good), or
   * null when the connection is closed. One call at a time. From the first call on messages are taken in ahead, a
   * bounded number of them; stream credit comes back as they are asked for, and so holds the peer back.
   */
  async receive(): Promise<Signal | WireError | null> {
    const wait = this.#pace.wait(this.#clock.now());
    if (wait > 0 && !await this.#sleep(wait)) return null;
    const taken = await this.#intake.next();
    if (taken === null) return null;
    const { result, bytes } = taken;
    this.#pace.charge(this.#clock.now(), 1 + bytes / 1024);
    if (result instanceof WireError) return result;
    try {
      return decodeSignal(result);
    } catch (error) {
      if (error instanceof WireError) return error;
      throw error;
    }
  }

  async #pump(): Promise<void> {
    this.#sending = true;
    for (let frame = this.#queue.shift(); frame !== null; frame = this.#queue.shift()) {
      try {
        const stream = await this.#connection.openBidi();
        // Nobody answers on a signal's own stream.
        stream.receive.stop(0);
        await stream.send.finish(frame);
        this.#sent++;
      } catch {
        // The peer reset this one stream, or the connection is gone; only the latter ends the queue.
        if (this.#connection.closeInfo !== null) this.#queue.clear();
      }
    }
    this.#sending = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** False when the connection closed meanwhile. */
  async #sleep(ms: number): Promise<boolean> {
    let wake = () => {};
    const slept = new Promise<boolean>((resolve) => wake = () => resolve(true));
    const timer = this.#clock.after(ms, wake);
    const ended = await Promise.race([slept, this.#connection.closed]);
    timer.cancel();
    return ended === true;
  }
}
