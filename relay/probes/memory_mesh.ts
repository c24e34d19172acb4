/** A transport in memory for tests of probes: the test sees every dial and decides what becomes of it. */
import type { Signal } from "../../proto/signal/mod.ts";
import { QuicError } from "../../quic/errors.ts";
import { type MemoryConnection, memoryPair } from "../../quic/memory_pair.ts";
import type { Connection, DialOptions, Endpoint, Transport } from "../../quic/port.ts";

/** A dial that waits for the test. */
export interface Dial {
  readonly options: DialOptions;
  /** Completes the handshake; answers the relay's end of the connection. */
  accept(): MemoryConnection;
  fail(): void;
}

export class MemoryMesh implements Transport {
  readonly name = "memory";
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  /** Makes the next sockets fail to open. */
  broken = false;
  readonly #dials: Dial[] = [];
  readonly #waiting: (() => void)[] = [];

  /** Dials that nobody has taken. */
  get pending(): number {
    return this.#dials.length;
  }

  async nextDial(): Promise<Dial> {
    while (this.#dials.length === 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.#dials.shift()!;
  }

  open({ ip }: { ip: string }): Promise<Endpoint> {
    if (this.broken) return Promise.reject(new QuicError("cannot_bind", "No such address."));
    this.opened.push(ip);
    return Promise.resolve({
      localAddress: { ip, port: 1 },
      listen: () => {
        throw new TypeError("probes do not listen");
      },
      dial: (options: DialOptions) => this.#dial(options),
      close: () => Promise.resolve(void this.closed.push(ip)),
    });
  }

  #dial(options: DialOptions): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new QuicError("handshake_failed", "Nobody is there."));
      options.signal?.addEventListener("abort", fail, { once: true });
      const accept = () => {
        const [client, server] = memoryPair({ serverName: options.serverName });
        resolve(client);
        return server;
      };
      this.#dials.push({ options, accept, fail });
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }
}

/** Lets everything run that only waits for what has happened already. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The message, which must be of this type. */
export function only<T extends Signal["type"]>(
  type: T,
  message: unknown,
): Extract<Signal, { type: T }> {
  if ((message as Signal | null)?.type !== type) throw new TypeError(`no ${type}`);
  return message as Extract<Signal, { type: T }>;
}
