/** Takes new connections: a task per handshake, limits on how many, and the way to the service asked for. */
import type { Clock } from "../quic/clock.ts";
import { QuicError } from "../quic/errors.ts";
import { wasPeek } from "../quic/peek_certificate.ts";
import type { Connection, Incoming, Listener } from "../quic/port.ts";
import type { Counters } from "./ports/counters.ts";
import type { Fields, Log } from "./ports/log.ts";
import { PendingHandshakes } from "./pending_handshakes.ts";
import { DEFAULT_NAME, type ServiceTable } from "./service_table.ts";
import { SourceLimit } from "./source_limit.ts";

const REASONS: Readonly<Record<string, string>> = {
  timeout: "handshake timeout",
  over_limit: "too slow while others wait",
};

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
  readonly #pending: PendingHandshakes;
  #draining = false;
  #stopped = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#pending = new PendingHandshakes(options.clock);
    const { maxHandshakesPerSource, maxConnectionsPerSource } = options.limits();
    this.#handshakes = new SourceLimit(maxHandshakesPerSource);
    this.#connections = new SourceLimit(maxConnectionsPerSource);
  }

  /** Takes clients until the listener is stopped. No client's handshake is waited for here. */
  async run(listener: Listener): Promise<void> {
    for (let next = await listener.next(); next !== null; next = await listener.next()) {
      const incoming = next;
      this.#greet(incoming).catch((error) => this.#onFault(incoming, error));
    }
  }

  /**
   * Takes newcomers on, but gives them only to services that judge for themselves: the parties of a call that is set
   * up have still to come into its room. All others are closed with `draining`.
   */
  drain(): void {
    this.#draining = true;
  }

  /** Turns away from now on who is not through the handshake yet. */
  stop(): void {
    this.#stopped = true;
  }

  async #greet(incoming: Incoming): Promise<void> {
    if (this.#stopped) return incoming.refuse();
    const { counters, limits, newId } = this.#options;
    const { maxHandshakes, maxHandshakesPerSource } = limits();
    counters.connectionsIncoming += 1;
    if (counters.handshakesInProgress >= maxHandshakes && !this.#pending.giveUpOldest()) {
      counters.handshakes.add("over_limit");
      this.#log.warn("too many handshakes in progress, client refused", { limit: maxHandshakes });
      return incoming.refuse();
    }
    // The source is only known after the handshake has begun, which has its price, so this comes first.
    if (this.#pending.flooded) {
      counters.handshakes.add("over_limit");
      this.#log.warn("flood of handshakes, client refused");
      return incoming.refuse();
    }
    const addr = incoming.remoteAddress?.() ?? undefined;
    this.#handshakes.perSource = maxHandshakesPerSource;
    const release = addr === undefined ? noPlace : this.#handshakes.take(addr.ip);
    if (release === null) {
      counters.handshakes.add("over_source_limit");
      this.#log.warn("too many handshakes from one address, client refused", {
        addr,
        limit: maxHandshakesPerSource,
      });
      this.#pending.linger();
      return incoming.refuse();
    }
    const id = newId();
    this.#log.info("incoming connection", { conn: id, addr });
    counters.handshakesInProgress += 1;
    try {
      const connection = await this.#shakeHands(incoming, { conn: id, addr });
      if (connection !== null) this.#take(connection, id);
    } finally {
      counters.handshakesInProgress -= 1;
      release();
    }
  }

  /** Null when there is no connection in the end; that is counted and logged. */
  async #shakeHands(incoming: Incoming, fields: Fields): Promise<Connection | null> {
    const { clock, counters, limits } = this.#options;
    let ended: "failed" | "timeout" | "over_limit" = "failed";
    const turnAway = (outcome: "timeout" | "over_limit") => {
      ended = outcome;
      incoming.refuse();
    };
    const limit = clock.after(limits().handshakeTimeoutMs, () => turnAway("timeout"));
    const end = this.#pending.begin(() => turnAway("over_limit"));
    try {
      return await incoming.accept();
    } catch (error) {
      if (error instanceof QuicError && wasPeek(error)) {
        counters.handshakes.add("peeked");
        this.#log.debug("certificate was read, no connection wanted", fields);
        return null;
      }
      counters.handshakes.add(ended);
      const reason = REASONS[ended] ?? (error as Error).message;
      this.#log.info("handshake failed", { ...fields, reason });
      if (!(error instanceof QuicError)) throw error;
      return null;
    } finally {
      limit.cancel();
      end();
    }
  }

  /** The address is proven from here on. */
  #take(connection: Connection, id: string): void {
    const { counters, services, limits } = this.#options;
    const addr = connection.remoteAddress;
    const name = connection.serverName ?? DEFAULT_NAME;
    const { maxConnectionsPerSource } = limits();
    this.#connections.perSource = maxConnectionsPerSource;
    const release = this.#connections.take(addr.ip);
    if (release === null) {
      counters.handshakes.add("over_source_limit");
      this.#log.warn("too many connections from one address, client turned away", {
        conn: id,
        addr,
        limit: maxConnectionsPerSource,
      });
      return connection.close(0, "too many connections");
    }
    counters.handshakes.add("complete");
    counters.activeConnections += 1;
    connection.closed.then(({ kind, code, reason }) => {
      release();
      counters.activeConnections -= 1;
      counters.connectionsClosed.add(kind);
      this.#log.debug("connection closed", { conn: id, by: kind, code, reason });
    });
    this.#log.info("handshake complete", { conn: id, addr, sni: name });
    if (this.#stopped) return connection.close(0, "shutdown");
    // What nobody reads would wait in the transport, a megabyte of it; a service that wants them takes over.
    connection.onDatagram(ignore);
    const service = services.find(name);
    counters.connections.add(service.kind);
    if (this.#draining && service.judgesDrain !== true) return connection.close(0, "draining");
    try {
      service.serve({ id, name, connection, log: this.#log });
    } catch (error) {
      counters.internalErrors += 1;
      this.#log.error("a service failed", { conn: id, sni: name, error: error as Error });
      connection.close(0, "internal error");
    }
  }

  /** Costs the one client it happened to, and nobody else. */
  #onFault(incoming: Incoming, error: unknown): void {
    incoming.refuse();
    this.#options.counters.internalErrors += 1;
    this.#log.error("a client could not be taken", { error: error as Error });
  }
}

function noPlace(): void {}

function ignore(): void {}
