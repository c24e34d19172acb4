/** Relays with their link tables in memory, joined by dials: for tests of links without sockets and without time. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { QuicError } from "../../quic/errors.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type MemoryConnection, memoryPair } from "../../quic/memory_pair.ts";
import type { Connection, DialOptions, Endpoint } from "../../quic/port.ts";
import type {
  DialledRelay,
  FederationSettings,
  TrustedRelay,
} from "../../relay/ports/federation.ts";
import type { Fields, Log } from "../../relay/ports/log.ts";
import { createCounters } from "../../relay/ports/testing_counters.ts";
import type { Link } from "../link.ts";
import { OwnRelay } from "../trust/own_relay.ts";
import { NO_FEDERATION, testAddress, testCertificate } from "../trust/testing_relays.ts";
import { LinkTable, type LinkTableOptions } from "./link_table.ts";

/** What happened at a relay, in order: `up B`, `signal B Ping` and so on. */
export type Happened = string;

/** Who answers a dial, given the server's end; answers false when nobody is there. */
export type Answer = (connection: MemoryConnection, options: DialOptions) => boolean;

export class Network {
  readonly clock = new ManualClock();
  readonly relays: TestRelay[] = [];
  /** Answers instead of a relay at `ip:port`. */
  readonly others = new Map<string, Answer>();
  /** Relays at the address (`ip:port`) of another one. */
  readonly moved = new Map<string, TestRelay>();
  /** Dials that wait until the test lets them go; null lets all go at once. */
  held: (() => void)[] | null = null;

  /** The relay with this number; it neither dials nor accepts anybody before it is told to. */
  relay(number: number, more: Partial<LinkTableOptions> = {}): TestRelay {
    const relay = new TestRelay(this, number, more);
    this.relays.push(relay);
    return relay;
  }

  async dial(from: TestRelay, options: DialOptions): Promise<Connection> {
    if (this.held !== null) await new Promise<void>((go) => this.held!.push(go));
    const { ip, port } = options.address;
    const there = this.#at(ip, port);
    const other = this.others.get(`${ip}:${port}`);
    const [client, server] = memoryPair({
      serverName: options.serverName,
      clientAddress: testAddress(from.number),
    });
    Object.assign(client, { remoteAddress: options.address });
    from.connections.push(client);
    if (other?.(server, options)) return client;
    if (there === undefined) throw new QuicError("timeout", "nobody is there");
    const pin = options.pin?.toHex();
    if (pin !== undefined && pin !== there.certificate.fingerprintBytes.toHex()) {
      throw new QuicError("pin_mismatch", "another certificate");
    }
    there.connections.push(server);
    there.arrive(server);
    return client;
  }

  #at(ip: string, port: number): TestRelay | undefined {
    const moved = this.moved.get(`${ip}:${port}`);
    return moved ??
      this.relays.find(({ number, isOff }) =>
        !isOff && testAddress(number).ip === ip && testAddress(number).port === port
      );
  }

  /** Lets everything run that waits for messages only. */
  settled(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** Time passes, in steps small enough for everything to answer in time. */
  async pass(ms: number, stepMs = 250): Promise<void> {
    await this.settled();
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      await this.settled();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.table.close("shutdown")));
  }
}

export class TestRelay {
  readonly number: number;
  readonly counters = createCounters();
  readonly happened: Happened[] = [];
  readonly lines: { readonly message: string; readonly fields: Fields }[] = [];
  /** Its ends of all connections there were. */
  readonly connections: MemoryConnection[] = [];
  readonly datagrams: Uint8Array[] = [];
  settings: FederationSettings = NO_FEDERATION;
  table: LinkTable;
  /** Nobody reaches it. */
  isOff = false;
  readonly #network: Network;
  readonly #more: Partial<LinkTableOptions>;
  #arrivals = 0;

  constructor(network: Network, number: number, more: Partial<LinkTableOptions>) {
    this.number = number;
    this.#network = network;
    this.#more = more;
    this.table = this.#newTable();
  }

  get certificate() {
    return testCertificate(this.number);
  }

  get key(): string {
    return this.certificate.fingerprintBytes.toHex();
  }

  /** How others call it. */
  get label(): string {
    return `relay ${this.number}`;
  }

  /** As an entry of `[[trusted]]`. */
  get trusted(): TrustedRelay {
    return { fingerprints: [this.key], label: this.label, allowLegacy: false };
  }

  /** As an entry of `[[peers]]`. */
  get peer(): DialledRelay {
    const { ip, port } = testAddress(this.number);
    return { ...this.trusted, host: ip, port };
  }

  /** Takes over a configuration, as at the start or on SIGHUP. */
  apply(settings: Partial<FederationSettings>): void {
    this.settings = { ...this.settings, ...settings };
    this.table.apply();
  }

  /** Its only link. */
  get link(): Link {
    const [link, ...others] = this.table.links();
    if (link === undefined || others.length > 0) {
      throw new TypeError(`relay ${this.number} has ${this.table.links().length} links`);
    }
    return link;
  }

  /** Its ends of connections that are open. */
  get open(): MemoryConnection[] {
    return this.connections.filter(({ closeInfo }) => closeInfo === null);
  }

  /** Loses everything, as when its process is killed: nobody is told. */
  die(): void {
    for (const connection of this.open) {
      connection.end({ kind: "error", code: 0, reason: "killed" });
      connection.close = () => {};
    }
    this.table.close("killed");
    this.isOff = true;
  }

  /** Begins a new life. */
  revive(): void {
    this.isOff = false;
    this.table = this.#newTable();
    this.table.apply();
  }

  /** Somebody dialled `_federation`. */
  arrive(connection: Connection): void {
    const id = `c${++this.#arrivals}`;
    const arrival = { id, name: "_federation", connection, log: this.#log() };
    this.table.service.serve(arrival);
  }

  /** Messages of lines in the log that contain this. */
  logged(part: string): string[] {
    return this.lines.map(({ message }) => message).filter((message) => message.includes(part));
  }

  #newTable(): LinkTable {
    const network = this.#network;
    const tell = (what: string, link: Link) => this.happened.push(`${what} ${link.label}`);
    return new LinkTable({
      clock: network.clock,
      log: this.#log(),
      counters: this.counters,
      settings: () => this.settings,
      endpoints: [this.#endpoint()],
      resolve: () => Promise.reject(new Error("no such host")),
      random: () => 0.5,
      peek: ({ ip }) => {
        const there = network.relays.find(({ number }) => testAddress(number).ip === ip);
        return there === undefined
          ? Promise.reject(new QuicError("timeout", "nobody is there"))
          : Promise.resolve(there.certificate.der);
      },
      own: new OwnRelay({
        crypto: nodeCrypto,
        certificate: this.certificate,
        build: "test",
        settings: () => this.settings,
        advertised: testAddress(this.number),
        load: () => 0,
        draining: () => false,
        udpPort: () => null,
      }),
      handlers: [{
        up: (link) => tell("up", link),
        renewed: (link) => tell("renewed", link),
        down: (link) => tell("down", link),
      }],
      onSignal: (link: Link, message: KnownSignal) => tell(`signal ${message.type}`, link),
      onDatagram: (_, bytes) => this.datagrams.push(bytes),
      ...this.#more,
    });
  }

  #endpoint(): Endpoint {
    const localAddress: SocketAddress = { ip: "0.0.0.0", port: 4433 };
    return {
      localAddress,
      listen: () => {
        throw new TypeError("nobody listens in memory");
      },
      dial: (options) => this.#network.dial(this, options),
      close: () => Promise.resolve(),
    };
  }

  #log(): Log {
    const write = (message: string, fields: Fields = {}) => {
      this.lines.push({ message, fields });
    };
    const log: Log = {
      debug() {},
      info: write,
      warn: write,
      error: write,
      area: () => log,
      enabled: () => true,
    };
    return log;
  }
}
