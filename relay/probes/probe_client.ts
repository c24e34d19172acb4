/** Measures the way to one other relay for as long as it runs: connect, ping every second, come back when it ends. */
import { WireError } from "../../proto/errors.ts";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { Backoff } from "../../quic/backoff.ts";
import type { Clock } from "../../quic/clock.ts";
import { QuicError } from "../../quic/errors.ts";
import type { Connection, Endpoint } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { formatHostAddress, type HostAddress } from "../config/host_address.ts";
import type { Cell, Counters } from "../ports/counters.ts";
import type { Log } from "../ports/log.ts";
import type { PresenceRegistry } from "../presence/presence_registry.ts";
import type { MeshRow } from "./mesh_row.ts";
import { presenceUpdate } from "./presence_update.ts";
import { ProbeWindow } from "./probe_window.ts";

const PING_MS = 1_000;
const PINGS_PER_UPDATE = 10;
/** A relay that takes connections and answers nothing for this many pings is not up. */
const MAX_SILENCE = 30;
const DIAL_TIMEOUT_MS = 10_000;
/** A relay that restarts is found again soon; one that is gone for good costs a dial in half a minute on average. */
const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };
/** Shorter sessions do not count as success, so one that ends at once is not begun again at once. */
const HEALTHY_MS = 10_000;
const MAX_QUEUED = 8;

/** A relay to probe. */
export interface ProbeTarget extends HostAddress {
  /**
   * What its certificate may be, SHA-256 each: a relay this one works with. Only with such a relay it talks about who
   * is where; any other is measured and nothing more.
   */
  readonly pins?: readonly Uint8Array[];
}

export interface ProbeClientParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Pick<
    Counters,
    | "probeUp"
    | "probeRtt"
    | "probeLoss"
    | "probeJitter"
    | "signalsSent"
    | "signalsReceived"
    | "signalsInvalid"
  >;
  readonly presence: PresenceRegistry;
  /** Where others reach this relay. */
  readonly ownAddress: () => SocketAddress;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The IP address of a host; rejects when the name is unknown. */
  readonly resolve: (host: string) => Promise<string>;
  /** Something to dial this address with. */
  readonly endpointFor: (ip: string) => Promise<Endpoint>;
}

export class ProbeClient {
  /** As the metrics are labelled. */
  readonly target: string;
  readonly #parts: ProbeClientParts;
  readonly #host: ProbeTarget;
  readonly #up: Cell;
  readonly #rtt: Cell;
  readonly #loss: Cell;
  readonly #jitter: Cell;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #connection: Connection | null = null;
  #dials = 0;
  /** Whether the last thing the log said of this relay is that it cannot be reached. */
  #saidDown = false;

  /** Starts at once; never throws afterwards. */
  constructor(host: ProbeTarget, parts: ProbeClientParts) {
    const { counters, random } = parts;
    this.target = formatHostAddress(host);
    this.#host = host;
    this.#parts = parts;
    this.#up = counters.probeUp.child(this.target);
    this.#rtt = counters.probeRtt.child(this.target);
    this.#loss = counters.probeLoss.child(this.target);
    this.#jitter = counters.probeJitter.child(this.target);
    this.#backoff = new Backoff({ ...BACKOFF, random });
    this.#ended = this.#run();
  }

  get row(): MeshRow {
    return {
      target: this.target,
      up: this.#up.value === 1,
      rttMs: this.#rtt.value,
      lossPct: this.#loss.value,
      jitterMs: this.#jitter.value,
    };
  }

  /** Closes the connection; resolves when nothing of this probe runs any more. */
  stop(): Promise<void> {
    this.#stopping.abort();
    this.#connection?.close(0, "shutdown");
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { log } = this.#parts;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#once();
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const reason = error instanceof Error ? error : String(error);
        const fields = { target: this.target, reason };
        if (this.#saidDown) log.debug("probed relay is still not reachable", fields);
        else log.warn("probed relay is not reachable", fields);
        this.#saidDown = true;
      }
      await this.#pause(this.#backoff.next());
    }
  }

  /** One connection from dial to end. Rejects when there was none. */
  async #once(): Promise<void> {
    const { clock, log, resolve, endpointFor, presence } = this.#parts;
    const { signal } = this.#stopping;
    const ip = await this.#unlessStopped(resolve(this.#host.host));
    const address = { ip, port: this.#host.port };
    const endpoint = await this.#unlessStopped(endpointFor(ip));
    const pins = this.#host.pins ?? [];
    // Of several, while a relay changes its certificate, one after the other.
    const pin = pins[this.#dials++ % pins.length];
    const connection = await endpoint.dial({
      address,
      serverName: "_probe",
      timeoutMs: DIAL_TIMEOUT_MS,
      signal,
      ...(pin !== undefined && { pin }),
    });
    if (signal.aborted) return connection.close(0, "shutdown");
    this.#connection = connection;
    this.#saidDown = false;
    log.info("probing", { target: this.target, address: formatSocketAddress(address) });
    this.#up.value = 1;
    const begun = clock.now();
    try {
      await this.#measure(connection, address);
    } finally {
      connection.close(0, "normal close");
      this.#connection = null;
      this.#up.value = 0;
      this.#rtt.value = 0;
      presence.setRtt(formatSocketAddress(address), null);
    }
    if (clock.now() - begun >= HEALTHY_MS) this.#backoff.reset();
    if (signal.aborted) return;
    const { kind, reason } = await connection.closed;
    log.info("probe ended", { target: this.target, by: kind, reason });
  }

  async #measure(connection: Connection, address: SocketAddress): Promise<void> {
    const { clock, counters, presence, ownAddress } = this.#parts;
    const known = (this.#host.pins ?? []).length > 0;
    const channel = new SignalChannel(connection, { clock, maxQueued: MAX_QUEUED });
    const send = (message: KnownSignal, kind: string) => {
      if (channel.send(message, kind)) counters.signalsSent += 1;
    };
    const window = new ProbeWindow();
    const relay = formatSocketAddress(address);
    let pings = 0;
    const ping = () => {
      // Before the new ping counts as lost: this is where loss shows when no pong comes any more.
      if (pings > 0) this.#publish(window);
      if (window.silence >= MAX_SILENCE) return connection.close(0, "no answer");
      const timestamp_ms = window.ping(clock.wall(), clock.now());
      send({ type: "Ping", timestamp_ms }, "ping");
      pings += 1;
      if (pings % PINGS_PER_UPDATE === 0 && known) {
        send(presenceUpdate(presence.localFingerprints(), ownAddress()), "presence");
      }
    };
    ping();
    const timer = clock.every(PING_MS, ping);
    try {
      for (;;) {
        const message = await channel.receive();
        if (message === null) return;
        if (message instanceof WireError) {
          counters.signalsInvalid.add(message.code);
          continue;
        }
        counters.signalsReceived += 1;
        if (message.type === "Pong") {
          const rtt = window.pong(message.timestamp_ms, clock.now());
          if (rtt === null) continue;
          this.#rtt.value = rtt;
          this.#publish(window);
          presence.setRtt(relay, rtt);
        } else if (message.type === "PresenceUpdate" && known) {
          // The address in the message is nonsense when an original sent it; the one dialled is right.
          presence.updatePeer(relay, message.fingerprints);
        }
      }
    } finally {
      timer.cancel();
    }
  }

  #publish(window: ProbeWindow): void {
    this.#loss.value = window.lossPct;
    this.#jitter.value = window.jitterMs;
  }

  /** The work, or a rejection as soon as the probe is stopped. */
  #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#stopping;
    return new Promise((resolve, reject) => {
      const stop = () => reject(new QuicError("aborted", "The probe was stopped."));
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    });
  }

  async #pause(ms: number): Promise<void> {
    let wake = () => {};
    const slept = new Promise<void>((resolve) => wake = resolve);
    const timer = this.#parts.clock.after(ms, wake);
    await this.#unlessStopped(slept).catch(() => {});
    timer.cancel();
    wake();
  }
}
