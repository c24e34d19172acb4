/** A testing relay on a real socket, for tests of the client that want no other relay. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { TestingRelay, type TestingRelayOptions } from "../../client/testing_relay.ts";
import { systemClock } from "../../quic/clock.ts";
import type { Endpoint, Incoming } from "../../quic/port.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { makeCertificate } from "../contract/certificate.ts";

export class StandInRelay implements AsyncDisposable {
  readonly relay: TestingRelay;
  /** SHA-256 of its certificate. */
  readonly pin: Uint8Array;
  readonly #endpoint: Endpoint;

  /** On a free port of 127.0.0.1. */
  static async start(
    options: Partial<TestingRelayOptions> = {},
  ): Promise<StandInRelay> {
    const endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
    return new StandInRelay(endpoint, options);
  }

  private constructor(endpoint: Endpoint, options: Partial<TestingRelayOptions>) {
    const certificate = makeCertificate();
    this.pin = certificate.pin;
    this.relay = new TestingRelay({ clock: systemClock, crypto: nodeCrypto, ...options });
    this.#endpoint = endpoint;
    const listener = endpoint.listen(certificate);
    (async () => {
      for (let next = await listener.next(); next !== null; next = await listener.next()) {
        this.#greet(next);
      }
    })();
  }

  get address(): SocketAddress {
    return this.#endpoint.localAddress;
  }

  /** As a word of a command line. */
  get name(): string {
    return formatSocketAddress(this.address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint.close();
  }

  async #greet(incoming: Incoming): Promise<void> {
    try {
      await this.relay.serve(await incoming.accept());
    } catch {
      // It only wanted to see the certificate.
    }
  }
}
