/** Signals to and from another relay, counted; what cannot be sent is a value and never an exception. */
import { WireError } from "../../proto/errors.ts";
import { type KnownSignal, MAX_MESSAGE_BYTES, type Signal } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Connection } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { MAX_STREAMS_AHEAD } from "../../quic/signal_intake.ts";
import { type Counters, countReceived } from "../../relay/ports/counters.ts";

/** Everything a relay has to tell when a link comes up, in the worst case; memory of one peer that reads nothing. */
const QUEUE = { maxQueued: 2_048, maxQueuedBytes: 16 * MAX_MESSAGE_BYTES };

/**
 * What a relay may send once it is known: the changes of a thousand rooms in a second, and a directory of the largest
 * size (which counts 1,025) four times over at once. Messages of the largest size may follow each other closely.
 */
const KNOWN = {
  perSecond: 1_000,
  burst: 4_100,
  maxBytesAhead: MAX_STREAMS_AHEAD * MAX_MESSAGE_BYTES,
  // As many of the largest size side by side, at 2 Mbit/s.
  stallMs: 64_000,
};

export type ChannelCounters = Pick<
  Counters,
  "signalsSent" | "signalsReceived" | "signalsInvalid" | "signalsDropped"
>;

export class RelayChannel {
  readonly connection: Connection;
  readonly #channel: SignalChannel;
  readonly #counters: ChannelCounters;
  #replaced = 0;

  constructor(connection: Connection, clock: Clock, counters: ChannelCounters) {
    this.connection = connection;
    this.#channel = new SignalChannel(connection, { clock, ...QUEUE });
    this.#counters = counters;
  }

  /** Lets the other side send as much as relays do among themselves. */
  trust(): void {
    this.#channel.allow(KNOWN);
  }

  /** Whether the message is on its way, or was replaced by a newer one of its `kind` later. Never waits. */
  send(message: KnownSignal, kind?: string): boolean {
    const { signalsDropped } = this.#counters;
    try {
      const taken = this.#channel.send(message, kind);
      if (taken) this.#counters.signalsSent += 1;
      else signalsDropped.add(this.connection.closeInfo === null ? "queue_full" : "closed");
      const replaced = this.#channel.replaced - this.#replaced;
      if (replaced > 0) {
        this.#counters.signalsSent -= replaced;
        signalsDropped.add("coalesced", replaced);
        this.#replaced += replaced;
      }
      return taken;
    } catch (error) {
      // What others told can make a message too large to pass on.
      if (!(error instanceof WireError)) throw error;
      signalsDropped.add("failed");
      return true;
    }
  }

  /** Resolves when everything queued so far has been handed to the transport, or never will be. */
  flushed(): Promise<void> {
    return this.#channel.flushed();
  }

  /** The next message, the error of one that cannot be read, or null when the connection is closed. One call at a time. */
  async receive(): Promise<Signal | WireError | null> {
    const message = await this.#channel.receive();
    if (message !== null) countReceived(this.#counters, message);
    return message;
  }
}
