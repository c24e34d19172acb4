/** One connection of a link: reads it, keeps it alive, and says when it is dead. */
import { WireError } from "../../proto/errors.ts";
import { LINK_KIND_PROBE } from "../../proto/link_datagram.ts";
import { linkProbe } from "../../proto/link_probe.ts";
import type { KnownSignal, Signal } from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { CloseInfo, Connection } from "../../quic/port.ts";
import { CONFIRM_MS, QueueAge } from "../../quic/queue_age.ts";
import type { RelayChannel } from "../trust/relay_channel.ts";
import { LinkProbes } from "./link_probes.ts";
import { Silence } from "./silence.ts";

/** Of proven lines: a probe a second, dead after four that nothing answers. */
const PROBE_MS = 1_000;
const DEAD_MS = 4_000;
/** Originals forget the participants of a link that is silent for 15 s, and answer nothing to this. */
const PING_MS = 5_000;

/** Means nothing any more once the line is there. */
const HANDSHAKE: ReadonlySet<string> = new Set([
  "FederationHello",
  "FederationChallenge",
  "FederationProof",
  "FederationReady",
]);

export interface LineEvents {
  /** The first thing came over it. */
  spoke(): void;
  signal(message: KnownSignal): void;
  /** Not a probe. */
  datagram(bytes: Uint8Array): void;
  /** A probe came back. */
  measured(): void;
  ended(info: CloseInfo): void;
}

export interface LineParts {
  readonly clock: Clock;
  readonly channel: RelayChannel;
  readonly dialled: boolean;
  /** The other end is an original. */
  readonly legacy: boolean;
  /** A first message that was asked for already. */
  readonly first: Promise<Signal | WireError | null> | null;
}

export class LinkLine {
  readonly channel: RelayChannel;
  readonly connection: Connection;
  readonly dialled: boolean;
  readonly probes = new LinkProbes();
  /** Two lost in a row happen on a bad path; a queue that holds a third one back is there. */
  readonly queue = new QueueAge(2 * PROBE_MS, true);
  readonly #parts: LineParts;
  #events: LineEvents = NOBODY;
  readonly #timer: Timer;
  readonly #silence: Silence | null;
  #leaving: Timer | null = null;
  #suspicion: Timer | null = null;
  #spoken: boolean;

  constructor(parts: LineParts) {
    const { clock, channel, legacy } = parts;
    this.#parts = parts;
    this.channel = channel;
    this.connection = channel.connection;
    this.dialled = parts.dialled;
    this.#spoken = parts.dialled || legacy;
    this.#timer = legacy
      ? clock.every(PING_MS, () => this.#ping())
      : clock.every(PROBE_MS, () => this.#probe());
    this.#silence = legacy ? null : new Silence(clock, DEAD_MS, () => this.close("no answer"));
  }

  /** Whether the other end is known to have it. */
  get spoken(): boolean {
    return this.#spoken;
  }

  /** Reads from now on. */
  begin(events: LineEvents): void {
    this.#events = events;
    this.connection.onDatagram((bytes) => this.#onDatagram(bytes));
    this.connection.closed.then((info) => {
      this.#timer.cancel();
      this.#silence?.stop();
      this.#leaving?.cancel();
      this.#suspicion?.cancel();
      this.#events.ended(info);
    });
    // The dialler's at once, so that the other end knows that its link is here.
    if (!this.#parts.legacy) this.#probe();
    this.#read();
  }

  /** A line that takes no messages any more is closed. */
  send(message: KnownSignal, kind?: string): void {
    if (!this.channel.send(message, kind)) this.close("takes no messages");
  }

  close(reason: string): void {
    this.connection.close(0, reason);
  }

  /** Closes it later, unless it ends before. */
  closeAfter(ms: number, reason: string): void {
    this.#leaving?.cancel();
    this.#leaving = this.#parts.clock.after(ms, () => this.close(reason));
  }

  async #read(): Promise<void> {
    const { channel, first } = this.#parts;
    for (let message = await (first ?? channel.receive());; message = await channel.receive()) {
      if (message === null) return;
      this.#heard();
      // One message that cannot be understood says nothing against the next.
      if (message instanceof WireError || message.type === "unknown") continue;
      if (!HANDSHAKE.has(message.type)) this.#events.signal(message);
    }
  }

  #onDatagram(bytes: Uint8Array): void {
    this.#heard();
    if (this.#silence !== null && bytes[0] === LINK_KIND_PROBE && linkProbe.matches(bytes)) {
      this.#onProbe(bytes);
    } else this.#events.datagram(bytes);
  }

  #onProbe(bytes: Uint8Array): void {
    if (linkProbe.isRequest(bytes)) this.connection.sendDatagram(linkProbe.replyTo(bytes));
    else {
      const { seq } = linkProbe.decode(bytes);
      const now = this.#parts.clock.now();
      const again = this.queue.reply(seq, now);
      if (this.probes.reply(seq, now)) this.#events.measured();
      if (again) this.#probe();
      this.#wonder();
    }
  }

  /** Sound for everybody behind a link is not dropped because a relay stood still for a moment. */
  #wonder(): void {
    const { clock } = this.#parts;
    if (!this.queue.suspect) {
      this.#suspicion?.cancel();
      this.#suspicion = null;
    } else {
      this.#suspicion ??= clock.after(CONFIRM_MS, () => {
        this.#suspicion = null;
        this.queue.confirm(clock.now());
      });
    }
  }

  #heard(): void {
    this.#silence?.heard();
    if (this.#spoken) return;
    this.#spoken = true;
    this.#events.spoke();
  }

  #probe(): void {
    // What comes before the other end knows of the line is not looked at there, and would count as lost.
    if (!this.#spoken) return;
    const now = this.#parts.clock.now();
    // Both count from 0, so a probe has one number.
    const seq = this.probes.send(now);
    this.queue.request(now);
    const clockUs = BigInt(Math.round(now * 1_000));
    this.connection.sendDatagram(linkProbe.encode({ kind: "request", seq, clockUs }));
  }

  #ping(): void {
    this.send({ type: "Ping", timestamp_ms: Math.round(this.#parts.clock.wall()) }, "ping");
  }
}

const NOBODY: LineEvents = {
  spoke() {},
  signal() {},
  datagram() {},
  measured() {},
  ended() {},
};
