/** A listener in memory: clients arrive, finish their handshake or fail when a test says so. */
import type { SocketAddress } from "../proto/socket_address.ts";
import { QuicError } from "./errors.ts";
import type { Connection, Incoming, Listener } from "./port.ts";

export class MemoryListener implements Listener {
  readonly #arrived: Incoming[] = [];
  readonly #takers: ((incoming: Incoming | null) => void)[] = [];
  stopped = false;

  /** A client begins its handshake. */
  arrive<I extends Incoming>(incoming: I): I {
    const taker = this.#takers.shift();
    if (taker) taker(incoming);
    else this.#arrived.push(incoming);
    return incoming;
  }

  next(): Promise<Incoming | null> {
    const incoming = this.#arrived.shift();
    if (incoming !== undefined) return Promise.resolve(incoming);
    if (this.stopped) return Promise.resolve(null);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  stop(): void {
    this.stopped = true;
    for (const taker of this.#takers.splice(0)) taker(null);
  }
}

export class MemoryIncoming implements Incoming {
  readonly #from: SocketAddress | null;
  readonly #outcome = Promise.withResolvers<Connection>();
  accepted = false;
  refused = false;

  /** `from` is null when the handshake failed at once. */
  constructor(from: SocketAddress | null = { ip: "127.0.0.1", port: 50000 }) {
    this.#from = from;
    // An accept that nobody waits for any more is no fault.
    this.#outcome.promise.catch(() => {});
  }

  /** The handshake succeeds. */
  complete(connection: Connection): void {
    this.#outcome.resolve(connection);
  }

  /** The handshake does not succeed. */
  fail(error: Error): void {
    this.#outcome.reject(error);
  }

  accept(): Promise<Connection> {
    this.accepted = true;
    return this.#outcome.promise;
  }

  refuse(): void {
    this.refused = true;
    this.fail(new QuicError("aborted", "The client was turned away during its handshake"));
  }

  remoteAddress(): SocketAddress | null {
    return this.#from;
  }
}
