/** Signals to and from one client, counted; what cannot be sent is a value and never an exception. */
import { WireError } from "../../proto/errors.ts";
import type { KnownSignal, Signal } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Connection } from "../../quic/port.ts";
import type { SignalChannel } from "../../quic/signal_channel.ts";
import { clientChannel } from "../client_channel.ts";
import { type Counters, countReceived } from "../ports/counters.ts";

/** What can be sent to a party of a call: its own connection here, or the way to its relay. */
export interface Line {
  /** It understands `RelayDraining`, and so what goes with it. */
  readonly drains?: boolean;
  /** Whether the message is on its way; if not it is lost. Never throws, never waits. */
  send(message: KnownSignal): boolean;
}

/** Where a fingerprint can be reached. */
export interface Lines {
  /** The line of this fingerprint, or null when nobody knows one. */
  find(fingerprint: string): Line | null;
}

export class SignalLine implements Line {
  readonly connection: Connection;
  readonly #channel: SignalChannel;
  readonly #counters: Counters;

  constructor(connection: Connection, clock: Clock, counters: Counters) {
    this.connection = connection;
    this.#channel = clientChannel(connection, clock);
    this.#counters = counters;
  }

  send(message: KnownSignal): boolean {
    const { signalsDropped } = this.#counters;
    try {
      if (this.#channel.send(message)) {
        this.#counters.signalsSent += 1;
        return true;
      }
      signalsDropped.add(this.connection.closeInfo === null ? "queue_full" : "closed");
    } catch (error) {
      // A message at the size limit can be longer in our spelling than in its sender's.
      if (!(error instanceof WireError)) throw error;
      signalsDropped.add("failed");
    }
    return false;
  }

  /** The client's next message, the error of one that cannot be read, or null when the connection is closed. */
  async receive(): Promise<Signal | WireError | null> {
    const message = await this.#channel.receive();
    if (message !== null) countReceived(this.#counters, message);
    return message;
  }
}
