/** Test clients over real QUIC: they dial a relay, join rooms, and collect what they get. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { DialOptions, Endpoint, Transport } from "../../quic/port.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { TestClient, type TestClientOptions } from "../../relay/rooms/testing_client.ts";

export { TestClient, type TestClientOptions };

/** Clients of one relay that share a socket. */
export class TestClients {
  readonly #endpoint: Endpoint;
  readonly #relay: SocketAddress;
  readonly #dial: Partial<DialOptions>;

  private constructor(endpoint: Endpoint, relay: SocketAddress, dial: Partial<DialOptions>) {
    this.#endpoint = endpoint;
    this.#relay = relay;
    this.#dial = dial;
  }

  /** `dial` may hold a pin, which saves a handshake per client. */
  static async open(
    relay: SocketAddress,
    dial: Partial<DialOptions> = {},
    transport: Transport = systemTransport,
  ): Promise<TestClients> {
    const ip = relay.ip.includes(":") ? "::1" : "127.0.0.1";
    return new TestClients(await transport.open({ ip, port: 0 }), relay, dial);
  }

  /** A client that is connected and has said nothing yet. */
  async dial(room: string, options: TestClientOptions = {}): Promise<TestClient> {
    const connection = await this.#endpoint.dial({
      address: this.#relay,
      serverName: room,
      timeoutMs: 60_000,
      ...this.#dial,
    });
    return new TestClient(connection, options);
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
}
