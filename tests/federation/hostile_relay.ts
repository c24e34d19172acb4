/** A relay that is known and proves who it is, and then says whatever a test has it say. */
import type { RelayCertificate } from "../../proto/certificate.ts";
import { WireError } from "../../proto/errors.ts";
import { signFederationProof } from "../../proto/federation_proof.ts";
import { linkProbe } from "../../proto/link_probe.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { KnownSignal, Signal } from "../../proto/signal/mod.ts";
import { systemClock } from "../../quic/clock.ts";
import type { Connection, Endpoint } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import type { MeshNode } from "./mesh_node.ts";

const CAPS = ["prove", "media2", "directory", "topology", "rooms", "drain"];

export class HostileRelay implements AsyncDisposable {
  readonly certificate: RelayCertificate;
  readonly #endpoint: Endpoint;

  /** Takes the place of a node that does not run. */
  static async as(node: MeshNode): Promise<HostileRelay> {
    return new HostileRelay(node.certificate, await systemTransport.open(node.address));
  }

  private constructor(certificate: RelayCertificate, endpoint: Endpoint) {
    this.certificate = certificate;
    this.#endpoint = endpoint;
  }

  /** A link with a relay that trusts the certificate; resolves when it is up. */
  async link(
    victim: MeshNode,
    { caps = CAPS, instance = "one life", service = "_federation" } = {},
  ): Promise<HostileLink> {
    const connection = await this.#endpoint.dial({
      address: victim.address,
      serverName: service,
      pin: victim.certificate.fingerprintBytes,
      timeoutMs: 60_000,
      maxBidiStreams: 16,
    });
    const nonce = nodeCrypto.random(16);
    const link = new HostileLink(connection);
    const { certificate } = this;
    link.send({
      type: "FederationHello",
      tls_fingerprint: certificate.fingerprint,
      ext: { ...NOTHING_SAID, caps, instance, cert: certificate.der, nonce },
    });
    const challenge = await link.heard("FederationChallenge");
    if (challenge?.type !== "FederationChallenge") throw new Error(await link.ended());
    link.send({
      type: "FederationProof",
      signature: signFederationProof(nodeCrypto, certificate, {
        diallerFingerprint: certificate.fingerprintBytes,
        acceptorFingerprint: victim.certificate.fingerprintBytes,
        diallerNonce: nonce,
        acceptorNonce: challenge.nonce,
      }),
    });
    if (await link.heard("FederationReady") === null) throw new Error(await link.ended());
    return link;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint.close();
  }
}

/** It answers probes, so that it is taken for alive, and keeps what it is told. */
export class HostileLink {
  readonly connection: Connection;
  readonly channel: SignalChannel;
  readonly signals: Signal[] = [];
  datagrams = 0;
  #waiting: (() => void)[] = [];
  #over = false;

  constructor(connection: Connection) {
    this.connection = connection;
    this.channel = new SignalChannel(connection, {
      clock: systemClock,
      maxQueued: 100_000,
      maxQueuedBytes: 256 * 1024 * 1024,
      perSecond: 100_000,
      burst: 100_000,
    });
    connection.onDatagram((bytes) => {
      if (!linkProbe.matches(bytes)) this.datagrams++;
      else if (linkProbe.isRequest(bytes)) connection.sendDatagram(linkProbe.replyTo(bytes));
    });
    this.#read();
  }

  send(message: KnownSignal): boolean {
    return this.channel.send(message);
  }

  /** The first message of this type, or null when the link ends before. */
  async heard(type: Signal["type"]): Promise<Signal | null> {
    for (;;) {
      const found = this.signals.find((signal) => signal.type === type);
      if (found !== undefined || this.#over) return found ?? null;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Why it ended. */
  async ended(): Promise<string> {
    return (await this.connection.closed).reason;
  }

  async #read(): Promise<void> {
    for (;;) {
      const next = await this.channel.receive();
      if (next === null) this.#over = true;
      else if (!(next instanceof WireError)) this.signals.push(next);
      for (const resolve of this.#waiting.splice(0)) resolve();
      if (this.#over) return;
    }
  }
}

const NOTHING_SAID = {
  v: 1,
  name: "hostile",
  region: null,
  advertised_addr: null,
  build: null,
  load: null,
  draining: null,
  udp_port: null,
};
