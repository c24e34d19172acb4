/** SNI `_signal`: takes clients, has them registered and serves their signals until they leave. */
import { WireError } from "../../proto/errors.ts";
import { formatRelayEntry, parseRelayEntry } from "../../proto/relay_entry.ts";
import { callRoomName } from "../../proto/room_name.ts";
import type { Signal, SignalOf } from "../../proto/signal/mod.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { Connection } from "../../quic/port.ts";
import { isAddressDenied, isDenied } from "../denied.ts";
import type { Authenticator } from "../ports/auth.ts";
import type { CallObserver } from "../ports/call_observer.ts";
import type { LocalCalls, RemoteCalls } from "../ports/remote_calls.ts";
import type { Arrival, Service } from "../ports/service.ts";
import { type Release, SourceLimit } from "../source_limit.ts";
import { TokenBucket } from "../token_bucket.ts";
import { readOpening } from "./admission.ts";
import { type CallRegistry, FAREWELL_MS } from "./call_registry.ts";
import { Registrar, type RegistrarOptions } from "./registrar.ts";
import { RemoteParties } from "./remote_parties.ts";
import { type Registration, SignalHub } from "./signal_hub.ts";
import { SignalLine } from "./signal_line.ts";
import type { SignalRules } from "./signal_rules.ts";
import { Switchboard } from "./switchboard.ts";

/** Clients ask once before a call, and once per probe connection. */
const REFLECTS_PER_SECOND = 2;
const REFLECTS_AT_ONCE = 10;

export interface SignalServiceOptions
  extends
    Omit<RegistrarOptions, "hub" | "isDenied" | "onLeave" | "requireSigned" | "takesClients"> {
  readonly auth: Authenticator;
  /** Asked whenever they are needed, so that a reload counts at once. */
  readonly rules: () => SignalRules;
  /** Keeps a drain waiting for a call. */
  readonly hold: () => () => void;
  /** Where clients reach this relay, `ip:port`. */
  readonly advertised: () => string;
  readonly observer?: CallObserver;
  /** Ways to parties of calls at other relays; null while there are none. */
  readonly remote?: () => RemoteCalls | null;
  /** Where else the room of a call may be joined; nowhere by default. */
  readonly carriers?: (room: string) => readonly string[];
  /** This relay as clients are told of it beside others, `name|addr|fingerprint`. */
  readonly ownEntry: () => string;
}

export class SignalService implements Service {
  readonly kind = "signal";
  readonly judgesDrain = true;
  readonly hub = new SignalHub();
  /** What other relays ask of the calls here. */
  readonly remoteParties: LocalCalls;
  readonly #options: SignalServiceOptions;
  readonly #registrar: Registrar;
  readonly #switchboard: Switchboard;
  readonly #places: SourceLimit;
  #connections = 0;
  #draining = false;

  constructor(options: SignalServiceOptions) {
    this.#options = options;
    this.#places = new SourceLimit(options.rules().maxRegistrationsPerSource);
    const { advertised, clock, counters, hold, log, observer, rules } = options;
    const remote = options.remote ?? (() => null);
    this.#switchboard = new Switchboard({
      advertised,
      clock,
      counters,
      hold,
      log,
      observer,
      remote,
      rules,
      ownEntry: options.ownEntry,
      carriers: options.carriers ?? (() => []),
      lines: this.hub,
      takesCalls: () => !this.#draining,
      isAuthenticated: (fingerprint) => this.hub.isAuthenticated(fingerprint),
    });
    this.remoteParties = new RemoteParties({
      switchboard: this.#switchboard,
      lines: this.hub,
      remote,
    });
    this.#registrar = new Registrar({
      ...options,
      hub: this.hub,
      takesClients: () => !this.#draining,
      requireSigned: () => rules().requireSigned,
      isDenied: (fingerprint, ip) => isDenied(rules().denials, fingerprint, ip),
      onLeave: (registration, departure) => this.#switchboard.left(registration, departure),
    });
  }

  /** The calls there are; it is also what rooms ask about `call-*`. */
  get calls(): CallRegistry {
    return this.#switchboard.registry;
  }

  /**
   * Takes no registrations and no calls from now on and tells those who understand it. Present calls go on. To be
   * called while the life cycle turns to draining, which then waits until the news can have left.
   */
  drain(notice: Omit<SignalOf<"RelayDraining">, "type">): void {
    if (this.#draining) return;
    this.#draining = true;
    const told = [...this.hub.all()].filter(({ drains }) => drains);
    if (told.length === 0) return;
    for (const registration of told) {
      const relays = this.#carriers(registration) ?? notice.relays;
      registration.send({ type: "RelayDraining", ...notice, relays });
    }
    this.#options.clock.after(FAREWELL_MS, this.#options.hold());
  }

  /** Where somebody who is in a call may go with it; null for who is not. */
  #carriers({ fingerprint }: Registration): readonly string[] | null {
    const call = this.calls.of(fingerprint).find(({ state }) => state === "active");
    if (call === undefined) return null;
    const { carriers = () => [] } = this.#options;
    return carriers(callRoomName(call.id) ?? "").map((text) => {
      const entry = parseRelayEntry(text);
      return entry === null ? text : formatRelayEntry({ ...entry, fingerprint: null });
    });
  }

  /** Closes those who are denied since the configuration was reloaded. */
  closeDenied(): void {
    const { denials } = this.#options.rules();
    for (const { fingerprint, keyFingerprint, line: { connection } } of this.hub.all()) {
      const { ip } = connection.remoteAddress;
      if (isDenied(denials, fingerprint, ip) || isDenied(denials, keyFingerprint, ip)) {
        connection.close(0, "denied");
      }
    }
  }

  serve({ id, connection }: Arrival): void {
    const { counters, log } = this.#options;
    const refusal = this.#refusalAtTheDoor(connection);
    if (refusal !== null) {
      counters.registrations.add(refusal);
      log.info("client did not register", { conn: id, reason: refusal });
      return connection.close(0, refusal);
    }
    const place = this.#takePlace(connection);
    if (place === null) {
      counters.registrations.add("over_limit");
      log.warn("too many registrations, client turned away", { conn: id });
      return connection.close(0, "too many registrations");
    }
    connection.closed.then(place);
    this.#converse(id, connection).catch((error) => {
      log.error("a signal connection failed", { conn: id, error: error as Error });
      connection.close(0, "internal error");
    });
  }

  /** What can be said without hearing the client. */
  #refusalAtTheDoor({ remoteAddress }: Connection): "draining" | "denied" | null {
    if (this.#draining) return "draining";
    return isAddressDenied(this.#options.rules().denials, remoteAddress.ip) ? "denied" : null;
  }

  #takePlace({ remoteAddress }: Connection): Release | null {
    const { maxRegistrations, maxRegistrationsPerSource } = this.#options.rules();
    if (this.#connections >= maxRegistrations) return null;
    this.#places.perSource = maxRegistrationsPerSource;
    const release = this.#places.take(remoteAddress.ip);
    if (release === null) return null;
    this.#connections += 1;
    return () => {
      this.#connections -= 1;
      release();
    };
  }

  async #converse(id: string, connection: Connection): Promise<void> {
    const { auth, clock, counters, log } = this.#options;
    const line = new SignalLine(connection, clock, counters);
    const opening = await readOpening(line, auth, clock);
    if (!opening.ok) {
      const { reason, detail } = opening;
      counters.registrations.add(reason);
      log.info("client did not register", { conn: id, reason, detail });
      return connection.close(0, reason.replaceAll("_", " "));
    }
    const registration = this.#registrar.register(id, line, opening);
    if (registration === null) return;
    this.#switchboard.entered(registration);
    const reflects = new TokenBucket(clock, REFLECTS_PER_SECOND, REFLECTS_AT_ONCE);
    try {
      for (let next = await line.receive(); next !== null; next = await line.receive()) {
        // A displaced client's last words do not count.
        if (!this.hub.has(registration)) return;
        if (next instanceof WireError) {
          log.debug("unreadable signal", { conn: id, reason: next.code });
        } else this.#handle(registration, next, reflects);
      }
    } finally {
      this.#registrar.leave(registration);
    }
  }

  #handle(from: Registration, message: Signal, reflects: TokenBucket): void {
    const { counters, log } = this.#options;
    switch (message.type) {
      case "DirectCallOffer":
        this.hub.use(from);
        return this.#switchboard.offer(from, message);
      case "DirectCallAnswer":
        this.hub.use(from);
        return this.#switchboard.answer(from, message);
      case "Hangup":
        return this.#switchboard.hangUp(from, message);
      case "MediaPathReport":
        return this.#switchboard.report(from, message);
      case "Ping":
        from.send({ type: "Pong", timestamp_ms: message.timestamp_ms });
        return;
      case "Reflect": {
        if (!reflects.take()) return counters.signalsIgnored.add("rate_limited");
        const observed_addr = formatSocketAddress(from.line.connection.remoteAddress);
        from.send({ type: "ReflectResponse", observed_addr });
        return;
      }
      case "unknown":
        return log.debug("signal of an unknown variant", {
          conn: from.id,
          signal: message.variant,
        });
      default:
        counters.signalsIgnored.add("not_expected");
        log.debug("unexpected signal", { conn: from.id, signal: message.type });
    }
  }
}
