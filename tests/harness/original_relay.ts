/**
 * A stand-in for a relay of the original kind, on a real socket: it federates, holds rooms and connects calls as the
 * original does, with its weaknesses, and knows nothing of what came later.
 */
import { RelayCertificate } from "../../proto/certificate.ts";
import { GlobalRooms } from "../../proto/global_rooms.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { type Clock, systemClock, type Timer } from "../../quic/clock.ts";
import type { Connection, Endpoint, Incoming } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { type BridgeCounts, OriginalBridge } from "./original/bridge.ts";
import { OriginalCalls } from "./original/calls.ts";
import { OriginalLinks, type OriginalPeer, type OriginalTrusted } from "./original/links.ts";
import { OriginalRooms } from "./original/rooms.ts";
import { decodeAsOriginal, nextMessage } from "./original/serial_intake.ts";

export interface OriginalRelayOptions {
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: SocketAddress;
  /** Random by default. */
  readonly seed?: Uint8Array;
  readonly peers?: readonly OriginalPeer[];
  readonly trusted?: readonly OriginalTrusted[];
  readonly globalRooms?: readonly string[];
  /** Of retries, sweeps, duplicates and rates; `hastened` makes it quicker. */
  readonly clock?: Clock;
}

/** What a link said, and which. */
export interface HeardSignal {
  readonly label: string;
  readonly signal: KnownSignal;
}

const SWEEP_EVERY_MS = 5_000;
/** Kept of what links said; in a circle of originals it never ends. */
const MAX_HEARD = 10_000;

export class OriginalRelay implements AsyncDisposable {
  /** TLS fingerprint with colons. */
  readonly tlsFingerprint: string;
  /** Everything that links said, in order. */
  readonly heard: HeardSignal[] = [];
  /** PresenceUpdates of relays that probe. */
  readonly presence: SignalOf<"PresenceUpdate">[] = [];
  readonly #clock: Clock;
  readonly #endpoint: Endpoint;
  readonly #rooms: OriginalRooms;
  readonly #links: OriginalLinks;
  readonly #bridge: OriginalBridge;
  readonly #calls: OriginalCalls;
  readonly #sweeping: Timer;
  readonly #waiting = new Set<() => void>();

  static async start(options: OriginalRelayOptions = {}): Promise<OriginalRelay> {
    const listen = options.listen ?? { ip: "127.0.0.1", port: 0 };
    return new OriginalRelay(await systemTransport.open(listen), options);
  }

  private constructor(endpoint: Endpoint, options: OriginalRelayOptions) {
    const { peers = [], trusted = [], globalRooms = [], clock = systemClock } = options;
    const seed = options.seed ?? nodeCrypto.random(32);
    const certificate = new RelayCertificate(nodeCrypto, seed);
    const fingerprint = certificate.fingerprint;
    const changed = () => this.#changed();
    const global = new GlobalRooms(nodeCrypto, globalRooms);
    this.tlsFingerprint = fingerprint;
    this.#clock = clock;
    this.#endpoint = endpoint;
    this.#links = new OriginalLinks({
      clock,
      endpoint,
      fingerprint,
      peers,
      trusted,
      user: {
        up: (link) => this.#bridge.up(link),
        signal: (link, signal) => {
          if (this.heard.length < MAX_HEARD) this.heard.push({ label: link.label, signal });
          if (signal.type === "GlobalRoomActive") this.#bridge.active(link, signal);
          else if (signal.type === "GlobalRoomInactive") this.#bridge.inactive(link, signal);
          else if (signal.type === "FederatedSignalForward") this.#calls.forwarded(signal);
        },
        datagram: (link, bytes) => this.#bridge.datagram(link, bytes),
        changed,
      },
    });
    this.#rooms = new OriginalRooms(new Identity(nodeCrypto, seed), clock, {
      mayJoin: (room, who) => this.#calls.mayJoin(room, who),
      remote: (room) => this.#bridge.remote(room),
      filled: (room) => this.#bridge.filled(room),
      emptied: (room) => this.#bridge.emptied(room),
      spoke: (room, packet) => this.#bridge.spoke(room, packet),
      changed,
    });
    this.#bridge = new OriginalBridge(clock, global, this.#rooms, this.#links);
    this.#calls = new OriginalCalls({
      clock,
      links: this.#links,
      fingerprint,
      advertised: formatSocketAddress(endpoint.localAddress),
      changed,
    });
    this.#sweeping = clock.every(SWEEP_EVERY_MS, () => this.#bridge.sweep());
    const listener = endpoint.listen({
      certificate: certificate.der,
      privateKey: certificate.privateKeyDer(),
    });
    (async () => {
      for (let next = await listener.next(); next !== null; next = await listener.next()) {
        this.#accept(next);
      }
    })();
    for (const peer of peers) this.#links.dial(peer);
  }

  get address(): SocketAddress {
    return this.#endpoint.localAddress;
  }

  /** As a `url` of a peer. */
  get url(): string {
    return formatSocketAddress(this.address);
  }

  /** Labels of the links that are up. */
  get linked(): string[] {
    return this.#links.all().map(({ label }) => label);
  }

  /** Why links ended. */
  get linkEnds(): readonly string[] {
    return this.#links.ends;
  }

  /** What relays claimed to be that nobody trusts. */
  get refused(): readonly string[] {
    return this.#links.refused;
  }

  get counts(): Readonly<BridgeCounts> {
    return this.#bridge.counts;
  }

  /** Fingerprints of those who can be called. */
  get registered(): string[] {
    return this.#calls.registered();
  }

  /** Everybody in a room, as its clients are told: fingerprint, and label for those elsewhere. */
  participants(room: string): { readonly fingerprint: string; readonly label: string | null }[] {
    return [...this.#rooms.local(room), ...this.#bridge.remote(room)].map((one) => ({
      fingerprint: one.fingerprint,
      label: one.relay_label,
    }));
  }

  /** Waits until this holds, asking again whenever anything happened. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Tells a link anything, also what no original would. */
  say(label: string, message: KnownSignal): void {
    const link = this.#links.all().find((one) => one.label === label);
    if (link === undefined) throw new Error(`There is no link ${label}`);
    link.channel.send(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#links.stop();
    this.#sweeping.cancel();
    await this.#endpoint.close();
  }

  async #accept(incoming: Incoming): Promise<void> {
    try {
      await this.#serve(await incoming.accept());
    } catch {
      // It only wanted to see the certificate, or is gone.
    }
  }

  async #serve(connection: Connection): Promise<void> {
    switch (connection.serverName) {
      case "ping":
        return connection.close(0, "");
      case "_federation":
        return await this.#links.serve(connection);
      case "_signal":
        return await this.#calls.serve(connection);
      case "_probe":
        return await this.#probed(connection);
      default:
        return await this.#rooms.serve(connection);
    }
  }

  async #probed(connection: Connection): Promise<void> {
    const channel = new SignalChannel(connection, { clock: this.#clock });
    for (
      let body = await nextMessage(connection);
      body !== null;
      body = await nextMessage(connection)
    ) {
      const message = decodeAsOriginal(body);
      if (message.type === "Ping") {
        channel.send({ type: "Pong", timestamp_ms: message.timestamp_ms });
      } else if (message.type === "PresenceUpdate") {
        this.presence.push(message);
        // Its own address belongs here, and it writes that of the one who asked.
        const relay_addr = formatSocketAddress(connection.remoteAddress);
        channel.send({ type: "PresenceUpdate", fingerprints: this.registered, relay_addr });
      }
      this.#changed();
    }
  }

  #changed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** A clock on which time passes so many times as quickly. */
export function hastened(clock: Clock, times: number): Clock {
  return {
    now: () => clock.now() * times,
    wall: () => clock.wall(),
    after: (ms, run) => clock.after(ms / times, run),
    every: (ms, run) => clock.every(ms / times, run),
  };
}
