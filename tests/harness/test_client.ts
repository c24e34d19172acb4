/** Test clients over real QUIC: they dial a relay, join rooms, and collect what they get. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Connection, DialOptions, Endpoint, Transport } from "../../quic/port.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { TestClient, type TestClientOptions } from "../../relay/rooms/testing_client.ts";

export { TestClient, type TestClientOptions };

/** Clients of one relay that share a socket. */
export class TestClients implements AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #relay: SocketAddress;
  readonly #dial: Partial<DialOptions>;

  private constructor(endpoint: Endpoint, relay: SocketAddress, dial: Partial<DialOptions>) {
    this.#endpoint = endpoint;
    this.#relay = relay;
    this.#dial = dial;
  }

  /** `dial` may hold a pin, which saves a handshake per client; `from` is an address of this machine. */
  static async open(
    relay: SocketAddress,
    dial: Partial<DialOptions> = {},
    transport: Transport = systemTransport,
    from?: string,
  ): Promise<TestClients> {
    const ip = from ?? (relay.ip.includes(":") ? "::1" : "127.0.0.1");
    return new TestClients(await transport.open({ ip, port: 0 }), relay, dial);
  }

  /** Their socket. */
  get address(): SocketAddress {
    return this.#endpoint.localAddress;
  }

  /** A connection to any of the relay's services. */
  connect(serverName: string): Promise<Connection> {
    return this.#endpoint.dial({
      address: this.#relay,
      serverName,
      timeoutMs: 60_000,
      ...this.#dial,
    });
  }

  /** A client that is connected and has said nothing yet. */
  async dial(room: string, options: TestClientOptions = {}): Promise<TestClient> {
    return new TestClient(await this.connect(room), options);
  }

  /** A client that has joined; rejects with the reason when it is refused. */
  async join(room: string, options: TestClientOptions = {}): Promise<TestClient> {
    const client = await this.dial(room, options);
    await client.join();
    return client;
  }

  /** Closes all clients. */
  close(): Promise<void> {
    return this.#endpoint.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
