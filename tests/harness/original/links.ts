/** The federation links of a relay of the original kind: trust, and who of them is there. */
import type { KnownSignal, RoomParticipant } from "../../../proto/signal/mod.ts";
import { parseSocketAddress } from "../../../proto/socket_address.ts";
import type { Clock } from "../../../quic/clock.ts";
import type { Connection, Endpoint } from "../../../quic/port.ts";
import { SignalChannel } from "../../../quic/signal_channel.ts";
import { decodeAsOriginal, nextMessage } from "./serial_intake.ts";

/** A `[[peers]]` entry: it is dialled, and whoever comes from its IP address is believed to be it. */
export interface OriginalPeer {
  /** `ip:port`. */
  readonly url: string;
  readonly fingerprint: string;
  readonly label?: string;
}

/** A `[[trusted]]` entry: whoever says it has this fingerprint is believed to be it. */
export interface OriginalTrusted {
  readonly fingerprint: string;
  readonly label?: string;
}

export interface OriginalLink {
  /** Fingerprint without colons: configured for links that were dialled, as claimed for others. */
  readonly key: string;
  readonly label: string;
  readonly connection: Connection;
  readonly channel: SignalChannel;
  /** Participants by room name, as announced. */
  readonly remote: Map<string, readonly RoomParticipant[]>;
  /** Clock time of the last signal or datagram. */
  lastSeen: number;
}

export interface LinkUser {
  up(link: OriginalLink): void;
  signal(link: OriginalLink, signal: KnownSignal): void;
  datagram(link: OriginalLink, bytes: Uint8Array): void;
  changed(): void;
}

export interface OriginalLinksOptions {
  readonly clock: Clock;
  readonly endpoint: Endpoint;
  /** With colons. */
  readonly fingerprint: string;
  readonly peers: readonly OriginalPeer[];
  readonly trusted: readonly OriginalTrusted[];
  readonly user: LinkUser;
}

const HELLO_MS = 5_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 300_000;

export class OriginalLinks {
  /** What ended links: the message that could not be understood, or the end of the connection. */
  readonly ends: string[] = [];
  /** Hellos of relays that nobody trusts. */
  readonly refused: string[] = [];
  readonly #options: OriginalLinksOptions;
  readonly #table = new Map<string, OriginalLink>();
  readonly #stopping = Promise.withResolvers<void>();
  #stopped = false;

  constructor(options: OriginalLinksOptions) {
    this.#options = options;
  }

  all(): OriginalLink[] {
    return [...this.#table.values()];
  }

  find(key: string): OriginalLink | undefined {
    return this.#table.get(key);
  }

  stop(): void {
    this.#stopped = true;
    this.#stopping.resolve();
  }

  /** Dials a peer for ever. */
  async dial(peer: OriginalPeer): Promise<void> {
    const { clock, endpoint, fingerprint } = this.#options;
    const address = parseSocketAddress(peer.url);
    if (address === null) throw new TypeError(`${peer.url} is no ip:port`);
    let retryMs = FIRST_RETRY_MS;
    while (!this.#stopped) {
      try {
        // The certificate is looked at by nobody.
        const connection = await endpoint.dial({ address, serverName: "_federation" });
        retryMs = FIRST_RETRY_MS;
        const channel = this.#channel(connection);
        channel.send({ type: "FederationHello", tls_fingerprint: fingerprint, ext: null });
        await this.#run(connection, channel, keyOf(peer.fingerprint), peer.label ?? peer.url);
      } catch {
        // Not there, or not any more.
      }
      if (this.#stopped) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = clock.after(retryMs, resolve);
      await Promise.race([promise, this.#stopping.promise]);
      timer.cancel();
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
    }
  }

  /** Answers a relay that dialled. */
  async serve(connection: Connection): Promise<void> {
    const { clock, peers, trusted } = this.#options;
    const limit = clock.after(HELLO_MS, () => connection.close(0, ""));
    const hello = await nextMessage(connection).then((body) => body && decodeAsOriginal(body))
      .catch(() => null).finally(() => limit.cancel());
    if (hello === null || hello.type !== "FederationHello") return connection.close(0, "");
    const claimed = hello.tls_fingerprint;
    const byAddress = peers.find(({ url }) =>
      parseSocketAddress(url)?.ip === connection.remoteAddress.ip
    );
    const byClaim = trusted.find(({ fingerprint }) => keyOf(fingerprint) === keyOf(claimed));
    if (byAddress === undefined && byClaim === undefined) {
      this.refused.push(claimed);
      return connection.close(0, "");
    }
    const label = byAddress
      ? byAddress.label ?? byAddress.url
      : byClaim!.label ?? claimed.slice(0, 16);
    await this.#run(connection, this.#channel(connection), keyOf(claimed), label);
  }

  async #run(
    connection: Connection,
    channel: SignalChannel,
    key: string,
    label: string,
  ): Promise<void> {
    const { clock, user } = this.#options;
    const remote = new Map<string, readonly RoomParticipant[]>();
    const link: OriginalLink = { key, label, connection, channel, remote, lastSeen: clock.now() };
    // An older link under this key is forgotten, but goes on.
    this.#table.set(key, link);
    user.up(link);
    connection.onDatagram((bytes) => {
      link.lastSeen = clock.now();
      user.datagram(link, bytes);
      user.changed();
    });
    user.changed();
    try {
      for (;;) {
        const body = await nextMessage(connection);
        if (body === null) break;
        const signal = decodeAsOriginal(body);
        link.lastSeen = clock.now();
        user.signal(link, signal);
        user.changed();
      }
      this.ends.push((await connection.closed).reason);
    } catch (error) {
      this.ends.push(error instanceof Error ? error.message : String(error));
    }
    // Whoever is under this key is forgotten now, be it this link or a newer one; nobody is told.
    this.#table.delete(key);
    connection.close(0, "");
    user.changed();
  }

  #channel(connection: Connection): SignalChannel {
    return new SignalChannel(connection, { clock: this.#options.clock, maxQueued: 100_000 });
  }
}

/** As links are keyed. */
export function keyOf(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
