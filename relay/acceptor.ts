/** Takes new connections: a task per handshake, limits on how many, and the way to the service asked for. */
import type { SocketAddress } from "../proto/socket_address.ts";
import type { Clock } from "../quic/clock.ts";
import { QuicError } from "../quic/errors.ts";
import { wasPeek } from "../quic/peek_certificate.ts";
import type { Connection, Incoming, Listener } from "../quic/port.ts";
import type { Counters } from "./ports/counters.ts";
import type { Log } from "./ports/log.ts";
import type { Service } from "./ports/service.ts";
import { DEFAULT_NAME, type ServiceTable } from "./service_table.ts";
import { SourceLimit } from "./source_limit.ts";

/** What the transport remembers of a client that was turned away after its handshake began goes about this late. */
const LINGER_MS = 3_000;
/**
 * Of these, each some 45 KB, so many may be there: a flood from one source then costs 200 MB at most, and up to 1,300
 * handshakes a second of it are no reason to refuse others.
 */
const MAX_LINGERING = 4096;
/**
 * A client of flesh and blood completes its handshake in a round trip or two. When all places are taken, one that has
 * held its place longer than this gives it up: else 34 forged packets a second would keep everybody out.
 */
const PATIENCE_MS = 1_000;

const REASONS: Readonly<Record<string, string>> = {
  timeout: "handshake timeout",
  over_limit: "too slow while others wait",
};

interface Handshake {
  readonly since: number;
  readonly giveUp: () => void;
}

export interface AcceptLimits {
  readonly maxHandshakes: number;
  readonly maxHandshakesPerSource: number;
  readonly maxConnectionsPerSource: number;
  readonly handshakeTimeoutMs: number;
}

export interface AcceptorOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly services: ServiceTable;
  /** Asked for every client, so that a reload counts at once. */
  readonly limits: () => AcceptLimits;
  /** A new name for a connection. */
  readonly newId: () => string;
}

export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #log: Log;
  readonly #handshakes: SourceLimit;
  readonly #connections: SourceLimit;
  /** In order of their beginning, without those that were given up. */
  readonly #waiting = new Set<Handshake>();
  #lingering = 0;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#log = options.log;
    const { maxHandshakesPerSource, maxConnectionsPerSource } = options.limits();
    this.#handshakes = new SourceLimit(maxHandshakesPerSource);
    this.#connections = new SourceLimit(maxConnectionsPerSource);
  }

  /** Takes clients until the listener is stopped. No client's handshake is waited for here. */
  async run(listener: Listener): Promise<void> {
    for (let next = await listener.next(); next !== null; next = await listener.next()) {
      this.#greet(next);
    }
  }

  #greet(incoming: Incoming): void {
    const { counters, limits, newId } = this.#options;
    const { maxHandshakes, maxHandshakesPerSource } = limits();
    counters.connectionsIncoming += 1;
    if (counters.handshakesInProgress >= maxHandshakes && !this.#giveUpOldest()) {
      counters.handshakes.add("over_limit");
      this.#log.warn("too many handshakes in progress, client refused", { limit: maxHandshakes });
      return incoming.refuse();
    }
    // The source is only known after the handshake has begun, which has its price, so this comes first.
    if (this.#lingering >= MAX_LINGERING) {
      counters.handshakes.add("over_limit");
      this.#log.warn("flood of handshakes, client refused", { limit: MAX_LINGERING });
      return incoming.refuse();
    }
    const address = incoming.remoteAddress?.() ?? null;
    this.#handshakes.perSource = maxHandshakesPerSource;
    const place = address === null ? noPlace : this.#handshakes.take(address.ip);
    if (place === null) {
      counters.handshakes.add("over_source_limit");
      this.#log.warn("too many handshakes from one address, client refused", {
        addr: address ?? undefined,
        limit: maxHandshakesPerSource,
      });
      this.#linger();
      return incoming.refuse();
    }
    const id = newId();
    this.#log.info("incoming connection", { conn: id, addr: address ?? undefined });
    counters.handshakesInProgress += 1;
    this.#shakeHands(incoming, id, address).finally(() => {
      counters.handshakesInProgress -= 1;
      place();
    });
  }

  /** False when all in progress are young. */
  #giveUpOldest(): boolean {
    const [oldest] = this.#waiting;
    if (oldest === undefined || this.#options.clock.now() - oldest.since < PATIENCE_MS) {
      return false;
    }
    this.#waiting.delete(oldest);
    oldest.giveUp();
    this.#linger();
    return true;
  }

  #linger(): void {
    this.#lingering += 1;
    this.#options.clock.after(LINGER_MS, () => this.#lingering -= 1);
  }

  async #shakeHands(incoming: Incoming, id: string, from: SocketAddress | null): Promise<void> {
    const { clock, counters, limits } = this.#options;
    let ended: "failed" | "timeout" | "over_limit" = "failed";
    const turnAway = (outcome: "timeout" | "over_limit") => {
      ended = outcome;
      incoming.refuse();
    };
    const limit = clock.after(limits().handshakeTimeoutMs, () => turnAway("timeout"));
    const handshake = { since: clock.now(), giveUp: () => turnAway("over_limit") };
    this.#waiting.add(handshake);
    try {
      const connection = await incoming.accept();
      counters.handshakes.add("complete");
      this.#take(connection, id);
    } catch (error) {
      if (!(error instanceof QuicError)) throw error;
      const fields = { conn: id, addr: from ?? undefined };
      if (wasPeek(error)) {
        counters.handshakes.add("peeked");
        this.#log.debug("certificate was read, no connection wanted", fields);
      } else {
        counters.handshakes.add(ended);
        const reason = REASONS[ended] ?? error.message;
        this.#log.info("handshake failed", { ...fields, reason });
      }
    } finally {
      limit.cancel();
      this.#waiting.delete(handshake);
    }
  }

  /** The address is proven from here on. */
  #take(connection: Connection, id: string): void {
    const { counters, services, limits } = this.#options;
    const addr = connection.remoteAddress;
    const name = connection.serverName ?? DEFAULT_NAME;
    const { maxConnectionsPerSource } = limits();
    this.#connections.perSource = maxConnectionsPerSource;
    const place = this.#connections.take(addr.ip);
    if (place === null) {
      this.#log.warn("too many connections from one address, client turned away", {
        conn: id,
        addr,
        limit: maxConnectionsPerSource,
      });
      return connection.close(0, "too many connections");
    }
    counters.activeConnections += 1;
    connection.closed.then(({ kind, code, reason }) => {
      place();
      counters.activeConnections -= 1;
      counters.connectionsClosed.add(kind);
      this.#log.debug("connection closed", { conn: id, by: kind, code, reason });
    });
    this.#log.info("handshake complete", { conn: id, addr, sni: name });
    const service = services.find(name);
    counters.connections.add(service.kind);
    this.#serve(service, connection, id, name);
  }

  #serve(service: Service, connection: Connection, id: string, name: string): void {
    try {
      service.serve({ id, name, connection, log: this.#log });
    } catch (error) {
      this.#log.error("a service failed", { conn: id, sni: name, error: error as Error });
      connection.close(0, "internal error");
    }
  }
}

function noPlace(): void {}
