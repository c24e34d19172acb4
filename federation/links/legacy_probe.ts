/** Measures the round trip to a relay of the original kind, which answers pings on `_probe` connections only. */
import { WireError } from "../../proto/errors.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { Backoff } from "../../quic/backoff.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import { QuicError } from "../../quic/errors.ts";
import type { Connection, Endpoint } from "../../quic/port.ts";
import { MAX_STREAMS_AHEAD } from "../../quic/signal_intake.ts";
import { type ChannelCounters, RelayChannel } from "../trust/relay_channel.ts";

/** As often as the original looks at the round trip of its links. */
const PING_MS = 5_000;
const DIAL_MS = 10_000;
const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };

export interface LegacyProbeParts {
  readonly clock: Clock;
  readonly counters: ChannelCounters;
  readonly random: () => number;
  readonly endpoint: Endpoint;
  readonly address: SocketAddress;
  /** So that no other relay is measured; null where nobody knows its certificate. */
  readonly pin: Uint8Array | null;
  /** Null when the relay cannot be measured any more. */
  readonly onRtt: (rttMs: number | null) => void;
}

export class LegacyProbe {
  readonly #parts: LegacyProbeParts;
  readonly #stopping = new AbortController();
  readonly #backoff: Backoff;
  #connection: Connection | null = null;
  #pause: Timer | null = null;

  /** Starts at once. */
  constructor(parts: LegacyProbeParts) {
    this.#parts = parts;
    this.#backoff = new Backoff({ ...BACKOFF, random: parts.random });
    this.#run();
  }

  stop(): void {
    this.#stopping.abort();
    this.#pause?.cancel();
    this.#connection?.close(0, "normal close");
  }

  async #run(): Promise<void> {
    const { clock, onRtt } = this.#parts;
    const { signal } = this.#stopping;
    try {
      await this.#measure();
    } catch (error) {
      // Not reached this time. Whatever else happens, the link does not depend on it.
      if (!(error instanceof QuicError)) throw error;
    }
    if (signal.aborted) return;
    onRtt(null);
    this.#pause = clock.after(this.#backoff.next(), () => this.#run());
  }

  /** One connection, to its end. */
  async #measure(): Promise<void> {
    const { clock, counters, endpoint, address, pin, onRtt } = this.#parts;
    const { signal } = this.#stopping;
    const connection = await endpoint.dial({
      address,
      serverName: "_probe",
      timeoutMs: DIAL_MS,
      maxBidiStreams: MAX_STREAMS_AHEAD,
      maxUniStreams: 1,
      signal,
      ...(pin !== null && { pin }),
    });
    this.#connection = connection;
    if (signal.aborted) connection.close(0, "normal close");
    connection.onDatagram(ignore);
    const channel = new RelayChannel(connection, clock, counters);
    let open: { readonly timestamp: number; readonly sentAt: number } | null = null;
    const ping = () => {
      const timestamp = Math.round(clock.wall());
      open = { timestamp, sentAt: clock.now() };
      channel.send({ type: "Ping", timestamp_ms: timestamp }, "ping");
    };
    ping();
    const timer = clock.every(PING_MS, ping);
    try {
      for (let next = await channel.receive(); next !== null; next = await channel.receive()) {
        if (next instanceof WireError || next.type !== "Pong") continue;
        const asked = open as { readonly timestamp: number; readonly sentAt: number } | null;
        if (asked === null || asked.timestamp !== next.timestamp_ms || signal.aborted) continue;
        open = null;
        this.#backoff.reset();
        onRtt(Math.round(100 * (clock.now() - asked.sentAt)) / 100);
      }
    } finally {
      timer.cancel();
    }
  }
}

function ignore(): void {}
