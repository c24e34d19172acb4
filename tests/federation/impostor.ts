/** Somebody who knows everything about a relay but its secret, and can send from its IP address. */
import { RelayCertificate } from "../../proto/certificate.ts";
import { WireError } from "../../proto/errors.ts";
import { signFederationProof } from "../../proto/federation_proof.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { KnownSignal, Signal, SignalOf } from "../../proto/signal/mod.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { systemClock } from "../../quic/clock.ts";
import type { Connection, Endpoint } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import type { MeshNode } from "./mesh_node.ts";

/** What an attempt came to. */
export interface Spoils {
  /** Everything the relay said. */
  readonly signals: readonly Signal[];
  readonly datagrams: number;
  /** Why the relay ended it. */
  readonly reason: string;
}

/** Which certificate it shows, and how it answers the challenge. */
export interface Claim {
  readonly shows?: RelayCertificate;
  /** Null: not at all. */
  readonly signsWith: RelayCertificate | null;
}

export class Impostor implements AsyncDisposable {
  /** A certificate of its own, which nobody knows. */
  readonly own = new RelayCertificate(nodeCrypto, nodeCrypto.random(32));
  readonly #victim: MeshNode;
  readonly #endpoint: Endpoint;

  /** Whose place it takes, and whom it wants to deceive. */
  static async at(address: SocketAddress, victim: MeshNode): Promise<Impostor> {
    return new Impostor(await systemTransport.open(address), victim);
  }

  private constructor(endpoint: Endpoint, victim: MeshNode) {
    this.#endpoint = endpoint;
    this.#victim = victim;
  }

  /** Says all this at once on a service and takes what comes until the relay ends it. */
  async say(
    service: string,
    messages: readonly KnownSignal[],
    datagrams: readonly Uint8Array[] = [],
    answer: (challenge: SignalOf<"FederationChallenge">) => readonly KnownSignal[] = () => [],
  ): Promise<Spoils> {
    return await this.#talk(service, messages, datagrams, (heard, channel) => {
      if (heard.type === "FederationChallenge") {
        for (const message of answer(heard)) channel.send(message);
      }
      return true;
    });
  }

  /** The same where the relay ends nothing: leaves when a message of this type has come. */
  async sayAndLeave(
    service: string,
    messages: readonly KnownSignal[],
    last: Signal["type"],
  ): Promise<Spoils> {
    return await this.#talk(service, messages, [], ({ type }) => type !== last);
  }

  /** Says hello with a certificate that everybody can have, signs with a key that it has, and goes on with `messages`. */
  async claim(
    service: string,
    relay: RelayCertificate,
    { shows = relay, signsWith }: Claim,
    messages: readonly KnownSignal[],
    datagrams: readonly Uint8Array[] = [],
  ): Promise<Spoils> {
    const nonce = nodeCrypto.random(16);
    const hello: KnownSignal = {
      type: "FederationHello",
      tls_fingerprint: relay.fingerprint,
      ext: { ...NOTHING_SAID, caps: CAPS, cert: shows.der, nonce },
    };
    return await this.say(service, [hello], datagrams, (challenge) => [
      ...signsWith === null ? [] : [{
        type: "FederationProof" as const,
        signature: signFederationProof(nodeCrypto, signsWith, {
          diallerFingerprint: relay.fingerprintBytes,
          acceptorFingerprint: this.#victim.certificate.fingerprintBytes,
          diallerNonce: nonce,
          acceptorNonce: challenge.nonce,
        }),
      }],
      ...messages,
    ]);
  }

  /** Waits for somebody who dials this address and takes what it says. The certificate is its own. */
  lure(): { readonly heard: readonly Signal[] } {
    const heard: Signal[] = [];
    const listener = this.#endpoint.listen({
      certificate: this.own.der,
      privateKey: this.own.privateKeyDer(),
    });
    (async () => {
      for (let next = await listener.next(); next !== null; next = await listener.next()) {
        const listen = async (connection: Connection) => {
          const channel = new SignalChannel(connection, { clock: systemClock });
          for (let said = await channel.receive(); said !== null; said = await channel.receive()) {
            if (!(said instanceof WireError)) heard.push(said);
          }
        };
        next.accept().then(listen).catch(() => {});
      }
    })();
    return { heard };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint.close();
  }

  async #talk(
    service: string,
    messages: readonly KnownSignal[],
    datagrams: readonly Uint8Array[],
    goesOn: (heard: Signal, channel: SignalChannel) => boolean,
  ): Promise<Spoils> {
    const connection = await this.#dial(service);
    const channel = new SignalChannel(connection, { clock: systemClock, maxQueued: 1_000 });
    let received = 0;
    connection.onDatagram(() => received++);
    const send = () => datagrams.forEach((datagram) => connection.sendDatagram(datagram));
    for (const message of messages) channel.send(message);
    send();
    const signals: Signal[] = [];
    for (let next = await channel.receive(); next !== null; next = await channel.receive()) {
      // The end may cut a message short.
      if (next instanceof WireError) continue;
      signals.push(next);
      if (!goesOn(next, channel)) connection.close(0, "normal close");
      send();
    }
    return { signals, datagrams: received, reason: (await connection.closed).reason };
  }

  #dial(service: string): Promise<Connection> {
    return this.#endpoint.dial({
      address: this.#victim.address,
      serverName: service,
      pin: this.#victim.certificate.fingerprintBytes,
      timeoutMs: 60_000,
    });
  }
}

const CAPS = ["prove", "media2", "directory", "topology", "rooms", "drain"];

const NOTHING_SAID = {
  v: 1,
  name: "impostor",
  region: null,
  advertised_addr: null,
  build: null,
  load: null,
  draining: null,
  udp_port: null,
  instance: "another life",
};
