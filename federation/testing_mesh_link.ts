/** One end of a simulated link, and the simulated connections it lives on. */
import {
  type Capability,
  decodeSignal,
  encodeSignal,
  isOriginal,
  type KnownSignal,
} from "../proto/signal/mod.ts";
import type { SocketAddress } from "../proto/socket_address.ts";
import type { Clock, Timer } from "../quic/clock.ts";
import { CLOSED, type SendResult, SENT } from "../quic/port.ts";
import type { Link, RelayDescription, RelayKey } from "./link.ts";

interface Flight {
  readonly kind: string | null;
  timer: Timer | null;
}

interface Way {
  /** Nothing arrives before what was sent earlier, nor before the other end knows of the connection. */
  readyAt: number;
  /** What is on its way. */
  readonly flights: Set<Flight>;
}

export interface TestingWireOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxDelayMs: number;
  readonly ends: readonly { readonly relay: RelayKey; readonly knowsInMs: number }[];
  readonly count: (type: string) => void;
  readonly take: (to: RelayKey, message: KnownSignal) => void;
  readonly takeDatagram: (to: RelayKey, bytes: Uint8Array) => void;
  readonly close: () => void;
}

/** One simulated connection between two relays. */
export class TestingWire {
  #alive = true;
  readonly #options: TestingWireOptions;
  /** By the relay they lead to. */
  readonly #ways: ReadonlyMap<RelayKey, Way>;

  constructor(options: TestingWireOptions) {
    this.#options = options;
    const now = options.clock.now();
    this.#ways = new Map(
      options.ends.map(({ relay, knowsInMs }) => [relay, {
        readyAt: now + knowsInMs,
        flights: new Set(),
      }]),
    );
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Whatever is on its way is lost. */
  end(): void {
    this.#alive = false;
    for (const { flights } of this.#ways.values()) {
      for (const { timer } of flights) timer?.cancel();
    }
  }

  close(): void {
    this.#options.close();
  }

  send(to: RelayKey, message: KnownSignal, kind: string | null): void {
    const { clock, count, take } = this.#options;
    count(message.type);
    const bytes = encodeSignal(message);
    if (!this.#alive) return;
    const way = this.#ways.get(to)!;
    this.#replace(way, kind);
    const now = clock.now();
    way.readyAt = Math.max(way.readyAt, now + this.#delay());
    const flight: Flight = { kind, timer: null };
    way.flights.add(flight);
    flight.timer = clock.after(way.readyAt - now, () => {
      way.flights.delete(flight);
      take(to, decodeSignal(bytes) as KnownSignal);
    });
  }

  sendDatagram(to: RelayKey, bytes: Uint8Array): void {
    const { clock, takeDatagram } = this.#options;
    clock.after(this.#delay(), () => {
      if (this.#alive) takeDatagram(to, bytes);
    });
  }

  /** A message that waits gives way to a newer one of its kind; which ones still wait is a matter of chance. */
  #replace({ flights }: Way, kind: string | null): void {
    for (const flight of flights) {
      if (kind === null || flight.kind !== kind || this.#options.random() < 0.5) continue;
      flight.timer?.cancel();
      flights.delete(flight);
    }
  }

  #delay(): number {
    return Math.floor(this.#options.random() * (this.#options.maxDelayMs + 1));
  }
}

/** What a test may say of a link. */
export interface TestingLinkFacts {
  readonly relay: string;
  readonly label: string;
  readonly legacy: boolean;
  readonly dialled: boolean;
  readonly remoteAddress: SocketAddress;
  readonly about: RelayDescription;
  readonly since: number;
  readonly can: (capability: Capability) => boolean;
}

export class TestingLink implements Link {
  readonly relay: string;
  readonly fingerprint: Uint8Array;
  readonly label: string;
  readonly legacy: boolean;
  readonly dialled: boolean;
  readonly remoteAddress: SocketAddress;
  readonly about: RelayDescription;
  readonly since: number;
  rttMs: number | null = null;
  lossPct: number | null = null;
  maxDatagramSize = 1200;
  /** The connection it uses; null when it is down for good. */
  wire: TestingWire | null;
  /** Everything it was given to send, for tests that look at one node alone. */
  readonly sent: KnownSignal[] = [];
  readonly #can: (capability: Capability) => boolean;

  constructor(facts: TestingLinkFacts, wire: TestingWire | null) {
    this.relay = facts.relay;
    this.fingerprint = Uint8Array.fromHex(facts.relay);
    this.label = facts.label;
    this.legacy = facts.legacy;
    this.dialled = facts.dialled;
    this.remoteAddress = facts.remoteAddress;
    this.about = facts.about;
    this.since = facts.since;
    this.wire = wire;
    this.#can = facts.can;
  }

  can(capability: Capability): boolean {
    return !this.legacy && this.#can(capability);
  }

  send(message: KnownSignal, kind?: string): void {
    if (this.legacy && !isOriginal(message.type)) {
      throw new TypeError(`An original relay cannot read ${message.type}`);
    }
    if (this.wire === null) this.sent.push(message);
    else this.wire.send(this.relay, message, kind ?? null);
  }

  sendDatagram(bytes: Uint8Array): SendResult {
    if (this.wire === null) return CLOSED;
    this.wire.sendDatagram(this.relay, bytes);
    return SENT;
  }

  close(_reason: string): void {
    this.wire?.close();
  }
}

/** A link that leads nowhere and keeps in `sent` what it is given. */
export function looseLink(relay: string, facts: Partial<TestingLinkFacts> = {}): TestingLink {
  return new TestingLink({
    relay,
    label: `label-${relay.slice(0, 4)}`,
    legacy: false,
    dialled: true,
    remoteAddress: { ip: "10.9.9.9", port: 4433 },
    about: { name: null, region: null, advertisedAddress: null, build: null, instance: "1" },
    since: 0,
    can: () => true,
    ...facts,
  }, null);
}
