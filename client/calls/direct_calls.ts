/** What direct calls need of this machine: a socket that listens as well, a certificate, and its addresses. */
import { RelayCertificate } from "../../proto/certificate.ts";
import type { Crypto } from "../../proto/crypto_port.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { Connection, Incoming, Listener } from "../../quic/port.ts";
import { hostCandidates } from "../nat/host_candidates.ts";
import { type ClientSocket, reaches } from "../socket.ts";
import { DirectLink } from "./direct_link.ts";
import { NOT_SELECTED } from "./path_race.ts";
import type { Contact } from "./phone.ts";

/** Strangers can dial us too; so many handshakes at a time are let in while a call is expected. */
const MAX_HANDSHAKES = 32;
/** Connections kept that came before we know which one to expect. */
const MAX_EARLY = 16;

/** What a call needs of it. */
export type DirectPort = Pick<DirectCalls, "endpoint" | "contact" | "expect" | "forget">;

export class DirectCalls {
  readonly endpoint: ClientSocket;
  readonly #listener: Listener;
  readonly #certificate: RelayCertificate;
  readonly #interfaces: () => readonly string[];
  #expected: { readonly serverName: string; readonly link: DirectLink } | null = null;
  /** Not null once somebody was told our addresses: the relay may let the other side know of the call first. */
  #early: Connection[] | null = null;
  #handshakes = 0;

  /** The endpoint listens from now on. `interfaces` tells the IP addresses of this machine. */
  constructor(endpoint: ClientSocket, crypto: Crypto, interfaces: () => readonly string[]) {
    this.endpoint = endpoint;
    this.#interfaces = interfaces;
    this.#certificate = new RelayCertificate(crypto, crypto.random(32));
    this.#listener = endpoint.listen({
      certificate: this.#certificate.der,
      privateKey: this.#certificate.privateKeyDer(),
    });
    this.#accept();
  }

  /** What the other side is told. From then on connections are taken, until `forget`. */
  contact(reflexive: SocketAddress): Contact {
    this.#early ??= [];
    const { port } = this.endpoint.localAddress;
    const reached = (ip: string) => reaches(this.endpoint, ip);
    return {
      reflexive: formatSocketAddress(reflexive),
      locals: hostCandidates(this.#interfaces(), port, reached),
      ext: { v: 1, caps: [], rtts: null, direct_cert: this.#certificate.fingerprintBytes },
    };
  }

  /** Gives connections that ask for this name to the link, until the next one is expected or it is closed. */
  expect(serverName: string, link: DirectLink): void {
    this.#expected = { serverName, link };
    for (const connection of this.#early ?? []) this.#hand(connection);
    this.#early = null;
    link.closed.then(() => {
      if (this.#expected?.link === link) this.#expected = null;
    });
  }

  /** Nobody is to call for now, but for whom a link expects. */
  forget(): void {
    for (const connection of this.#early ?? []) connection.close(0, NOT_SELECTED);
    this.#early = null;
  }

  /** Takes no connections any more. */
  close(): void {
    this.#listener.stop();
  }

  async #accept(): Promise<void> {
    for (
      let incoming = await this.#listener.next();
      incoming !== null;
      incoming = await this.#listener.next()
    ) {
      const wanted = this.#expected !== null || this.#early !== null;
      if (!wanted || this.#handshakes >= MAX_HANDSHAKES) incoming.refuse();
      else this.#welcome(incoming);
    }
  }

  async #welcome(incoming: Incoming): Promise<void> {
    this.#handshakes++;
    try {
      this.#hand(await incoming.accept());
    } catch {
      // A handshake that fails is somebody who only looked at the certificate, or nobody.
    } finally {
      this.#handshakes--;
    }
  }

  #hand(connection: Connection): void {
    const expected = this.#expected;
    if (expected !== null && expected.serverName === connection.serverName) {
      expected.link.add(connection);
    } else if (expected === null && this.#early !== null && this.#early.length < MAX_EARLY) {
      this.#early.push(connection);
    } else connection.close(0, NOT_SELECTED);
  }
}
