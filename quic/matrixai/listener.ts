/** Clients that knock: their first packets are kept until somebody accepts or refuses them. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock, Timer } from "../clock.ts";
import { QuicError } from "../errors.ts";
import type { Connection, Incoming, Listener } from "../port.ts";
import type { HostPort } from "./binding.ts";
import type { NativeBackedConnection } from "./connection.ts";

/** Clients whose handshake is not complete, accepted or not; others are not heard. */
const MAX_IN_PROGRESS = 256;
const MAX_KEPT_PACKETS = 8;
/** A client that is still unanswered then has given up. */
const UNANSWERED_MS = 10_000;
const CONNECTION_REFUSED = 0x02;

/** What the listener needs of its endpoint. */
export interface ListenerHost {
  readonly clock: Clock;
  /** Makes a server-side connection that the client's packets are routed to. */
  admit(knock: Knock): NativeBackedConnection;
  /** Answers the client's first packets with an error. */
  turnAway(knock: Knock): void;
  /** Packets of this client are nobody's any more. */
  drop(knock: Knock): void;
}

/** One client at the door. */
export class Knock implements Incoming {
  /** Key of the connection id the client made up for us. */
  readonly key: string;
  readonly from: HostPort;
  readonly packets: Uint8Array[] = [];
  readonly #host: ListenerHost;
  readonly #expiry: Timer;
  readonly #over: () => void;
  #connection: NativeBackedConnection | null = null;
  #answered = false;

  constructor(host: ListenerHost, key: string, from: HostPort, over: () => void) {
    this.#host = host;
    this.#over = over;
    this.key = key;
    this.from = from;
    this.#expiry = host.clock.after(UNANSWERED_MS, () => this.expire());
  }

  remoteAddress(): SocketAddress {
    return { ip: this.from.host, port: this.from.port };
  }

  /** Keeps a packet until the client is answered. */
  receive(packet: Uint8Array): void {
    if (this.packets.length < MAX_KEPT_PACKETS) this.packets.push(packet.slice());
  }

  async accept(): Promise<Connection> {
    if (this.#answered) throw new QuicError("closed", "This client was answered or has given up");
    this.#answer();
    const connection = this.#host.admit(this);
    this.#connection = connection;
    const timeout = this.#host.clock.after(UNANSWERED_MS, () => {
      connection.abandon(new QuicError("timeout", "The client did not complete the handshake"));
    });
    try {
      await connection.ready;
      return connection;
    } finally {
      timeout.cancel();
      this.#over();
    }
  }

  refuse(): void {
    const refused = new QuicError("aborted", "The client was refused");
    this.#connection?.abandon(refused, CONNECTION_REFUSED);
    if (this.#answered) return;
    this.#answer();
    this.#host.turnAway(this);
    this.#over();
  }

  #answer(): void {
    this.#answered = true;
    this.#expiry.cancel();
  }

  /** Forgets a client that nobody has answered. */
  expire(): void {
    if (this.#answered) return;
    this.#answer();
    this.#host.drop(this);
    this.#over();
  }
}

export class KnockListener implements Listener {
  readonly #host: ListenerHost;
  /** All whose handshake is not complete. */
  readonly #inProgress = new Set<Knock>();
  /** Those nobody has asked for yet. */
  readonly #queue = new Set<Knock>();
  readonly #waiting: ((knock: Knock | null) => void)[] = [];
  #stopped = false;

  constructor(host: ListenerHost) {
    this.#host = host;
  }

  next(): Promise<Incoming | null> {
    for (const knock of this.#queue) {
      this.#queue.delete(knock);
      return Promise.resolve(knock);
    }
    if (this.#stopped) return Promise.resolve(null);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  stop(): void {
    this.#stopped = true;
    for (const knock of this.#queue) knock.refuse();
    for (const waiter of this.#waiting.splice(0)) waiter(null);
  }

  /** Stops, and forgets those who were handed out and not answered. */
  close(): void {
    this.stop();
    for (const knock of this.#inProgress) knock.expire();
  }

  /** A client's first packet; null when there are too many already. */
  knock(key: string, from: HostPort): Knock | null {
    if (this.#inProgress.size >= MAX_IN_PROGRESS) return null;
    const knock = new Knock(this.#host, key, from, () => {
      this.#inProgress.delete(knock);
      this.#queue.delete(knock);
    });
    this.#inProgress.add(knock);
    return knock;
  }

  /** Shows a client to whoever waits for one. */
  announce(knock: Knock): void {
    if (this.#stopped) return knock.refuse();
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#queue.add(knock);
    else waiter(knock);
  }
}
