/** SNI `_probe`: lets anybody measure the way to this relay, and tells known relays who is where. */
import { WireError } from "../../proto/errors.ts";
import type { Signal } from "../../proto/signal/mod.ts";
import {
  formatSocketAddress,
  parseSocketAddress,
  type SocketAddress,
} from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import { Pace } from "../../quic/pace.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { isUnspecified } from "../outbound_address.ts";
import { clientChannel } from "../client_channel.ts";
import { type Counters, countReceived } from "../ports/counters.ts";
import type { Log } from "../ports/log.ts";
import type { Arrival, Service } from "../ports/service.ts";
import type { PresenceRegistry } from "../presence/presence_registry.ts";
import type { RouteResolver } from "../presence/routes.ts";
import { type Release, SourceLimit } from "../source_limit.ts";
import type { IsKnownRelay } from "./known_relay.ts";
import { presenceUpdate } from "./presence_update.ts";

/**
 * A ping a second, and every ten seconds the names of everybody there, though they are ignored: a message counts
 * one more for every KiB.
 */
const STRANGER_PACE = { perSecond: 20, burst: 100 };
/** Of all strangers together: a ping takes 0.15 ms of the thread that forwards voice. */
const STRANGERS_PACE = { perSecond: 500, burst: 1_000 };
/** Room for an update of 20,000 names in every ten seconds. */
const KNOWN_PACE = { perSecond: 200, burst: 2_000 };
const MAX_QUEUED = 32;
/** Somebody who asks nothing for this long holds a place for nothing. */
const IDLE_MS = 60_000;
/** How often a line says that messages of strangers were ignored. */
const LOG_INTERVAL_MS = 60_000;

/** How many relays that are not known may be connected. */
export interface ProbeLimits {
  readonly maxConnections: number;
  readonly maxPerSource: number;
}

/** A mesh of a hundred relays probing one; several relays may share an address. */
const LIMITS: ProbeLimits = { maxConnections: 256, maxPerSource: 32 };

export interface ProbeServiceOptions {
  readonly clock: Clock;
  readonly counters: Pick<
    Counters,
    "probesRefused" | "probeSignalsIgnored" | "signalsReceived" | "signalsSent" | "signalsInvalid"
  >;
  readonly presence: PresenceRegistry;
  readonly routes: RouteResolver;
  /** Every address that means this relay; the first is the advertised one. */
  readonly ownAddresses: () => readonly SocketAddress[];
  readonly isKnownRelay: IsKnownRelay;
  readonly limits?: Partial<ProbeLimits>;
}

export class ProbeService implements Service {
  readonly kind = "probe";
  readonly #options: ProbeServiceOptions;
  readonly #maxConnections: number;
  readonly #sources: SourceLimit;
  readonly #pace = new Pace(STRANGERS_PACE.perSecond, STRANGERS_PACE.burst);
  #strangers = 0;
  #ignored = 0;
  #nextLogAt = -Infinity;

  constructor(options: ProbeServiceOptions) {
    const { maxConnections, maxPerSource } = { ...LIMITS, ...options.limits };
    this.#options = options;
    this.#maxConnections = maxConnections;
    this.#sources = new SourceLimit(maxPerSource);
  }

  serve(arrival: Arrival): void {
    const { connection } = arrival;
    if (!this.#options.isKnownRelay(connection.remoteAddress)) {
      const place = this.#place(connection.remoteAddress);
      if (place === null) return connection.close(0, "too many probes");
      this.#strangers += 1;
      connection.closed.then(() => {
        this.#strangers -= 1;
        place();
      });
    }
    this.#answer(arrival).catch((error) => {
      arrival.log.error("a probe connection failed", { conn: arrival.id, error: error as Error });
      connection.close(0, "internal error");
    });
  }

  #place({ ip }: SocketAddress): Release | null {
    const { probesRefused } = this.#options.counters;
    if (this.#strangers >= this.#maxConnections) {
      probesRefused.add("over_limit");
      return null;
    }
    const place = this.#sources.take(ip);
    if (place === null) probesRefused.add("over_source_limit");
    return place;
  }

  async #answer({ connection, log }: Arrival): Promise<void> {
    const { clock, counters, isKnownRelay } = this.#options;
    const channel = isKnownRelay(connection.remoteAddress)
      ? new SignalChannel(connection, { clock, maxQueued: MAX_QUEUED, ...KNOWN_PACE })
      : clientChannel(connection, clock, { maxQueued: MAX_QUEUED, ...STRANGER_PACE });
    const leave = () => {
      counters.probesRefused.add("idle");
      connection.close(0, "idle");
    };
    for (;;) {
      const idle = clock.after(IDLE_MS, leave);
      const message = await channel.receive();
      idle.cancel();
      if (message === null) return;
      countReceived(counters, message);
      if (message instanceof WireError) continue;
      const known = isKnownRelay(connection.remoteAddress);
      if (!known) await this.#turn();
      const reply = this.#reply(message, known, log);
      if (reply !== null && channel.send(reply)) counters.signalsSent += 1;
    }
  }

  /** One after the other, each connection with one message at a time, so nobody waits for long. */
  async #turn(): Promise<void> {
    const { clock } = this.#options;
    const wait = this.#pace.wait(clock.now());
    this.#pace.charge(clock.now(), 1);
    if (wait > 0) await new Promise<void>((resolve) => void clock.after(wait, resolve));
  }

  #reply(message: Signal, known: boolean, log: Log) {
    const { counters, ownAddresses, presence, routes } = this.#options;
    switch (message.type) {
      case "Ping":
        return { type: "Pong", timestamp_ms: message.timestamp_ms } as const;
      case "PresenceUpdate": {
        if (!known) return this.#ignore(log);
        const from = this.#claimedAddress(message.relay_addr);
        if (from !== null) presence.updatePeer(from, message.fingerprints);
        return presenceUpdate(presence.localFingerprints(), ownAddresses()[0]!);
      }
      case "RouteQuery": {
        if (!known) return this.#ignore(log);
        const { fingerprint } = message;
        const relay_chain = [...routes.resolve(fingerprint).relayChain];
        const found = relay_chain.length > 0;
        return { type: "RouteResponse", fingerprint, found, relay_chain } as const;
      }
      case "unknown":
        return null;
      default:
        counters.probeSignalsIgnored.add("unexpected");
        return null;
    }
  }

  /**
   * Where a relay says it is. Null for what is no address to dial, and for an address of this relay: originals put
   * the one they probe there, and theirs is not to be had from the message then.
   */
  #claimedAddress(text: string): string | null {
    const address = parseSocketAddress(text);
    if (address === null || address.port === 0 || isUnspecified(address.ip)) return null;
    const canonical = formatSocketAddress(address);
    const own = this.#options.ownAddresses().map(formatSocketAddress);
    return own.includes(canonical) ? null : canonical;
  }

  #ignore(log: Log): null {
    const { clock, counters } = this.#options;
    counters.probeSignalsIgnored.add("unknown_relay");
    this.#ignored += 1;
    if (clock.now() < this.#nextLogAt) return null;
    log.info("presence or route messages of relays that are not known were ignored", {
      messages: this.#ignored,
    });
    this.#ignored = 0;
    this.#nextLogAt = clock.now() + LOG_INTERVAL_MS;
    return null;
  }
}
