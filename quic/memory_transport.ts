/** A transport in memory, for tests of what opens sockets and dials: it remembers what it was asked for. */
import type { SocketAddress } from "../proto/socket_address.ts";
import type { Connection, DialOptions, Endpoint, Listener, Transport } from "./port.ts";

/** Answers a dial, or throws what the dial rejects with. */
export type OnDial = (options: DialOptions) => Connection | Promise<Connection>;

export class MemoryTransport implements Transport {
  readonly name = "memory";
  readonly dials: DialOptions[] = [];
  readonly endpoints: MemoryEndpoint[] = [];
  /** Throw here to fail an `open`. */
  onOpen: (local: SocketAddress) => void = () => {};
  onDial: OnDial = () => {
    throw new TypeError("This test expected no dial");
  };

  /** Port 0 becomes 40000 and counts up. */
  // deno-lint-ignore require-await -- a failure must reject, not throw
  async open(local: SocketAddress): Promise<MemoryEndpoint> {
    this.onOpen(local);
    const port = local.port || 40_000 + this.endpoints.length;
    const endpoint = new MemoryEndpoint({ ...local, port }, this);
    this.endpoints.push(endpoint);
    return endpoint;
  }
}

export class MemoryEndpoint implements Endpoint {
  readonly localAddress: SocketAddress;
  readonly #transport: MemoryTransport;
  closed = false;

  constructor(localAddress: SocketAddress, transport: MemoryTransport) {
    this.localAddress = localAddress;
    this.#transport = transport;
  }

  listen(): Listener {
    throw new TypeError("Endpoints in memory only dial");
  }

  async dial(options: DialOptions): Promise<Connection> {
    this.#transport.dials.push(options);
    return await this.#transport.onDial(options);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
