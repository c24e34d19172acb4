/** A UDP path on loopback for tests: any number of clients reach one server through it, with delay, jitter and loss that can be changed. */
import type { SocketAddress } from "../../proto/socket_address.ts";

/** What one direction does to packets. Change it at any time; packets on their way keep what they were given. */
export interface Direction {
  /** One way. */
  delayMs: number;
  /** Each packet takes longer by up to this share of the delay, 0 to 1. Packets never overtake each other. */
  jitter: number;
  /** Share of packets that are lost, 0 to 1. */
  loss: number;
}

export interface DelayProxyOptions {
  readonly toServer?: Partial<Direction>;
  readonly toClient?: Partial<Direction>;
  /** Uniform in [0, 1). Default: the same sequence in every run. */
  readonly random?: () => number;
}

export class DelayProxy implements AsyncDisposable {
  /** Where clients dial. */
  readonly address: SocketAddress;
  readonly toServer: Direction;
  readonly toClient: Direction;
  /** Packets that came from clients, lost ones too. */
  fromClients = 0;
  /** Packets that were lost on purpose. */
  lost = 0;

  readonly #server: Deno.NetAddr;
  readonly #front: Deno.DatagramConn;
  readonly #flows = new Map<string, Flow>();
  readonly #random: () => number;
  readonly #done: Promise<void>;

  constructor(server: SocketAddress, options: DelayProxyOptions = {}) {
    this.toServer = { delayMs: 0, jitter: 0, loss: 0, ...options.toServer };
    this.toClient = { delayMs: 0, jitter: 0, loss: 0, ...options.toClient };
    this.#random = options.random ?? seededRandom(1);
    this.#server = { transport: "udp", hostname: server.ip, port: server.port };
    const hostname = server.ip.includes(":") ? "::1" : "127.0.0.1";
    this.#front = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    const { port } = this.#front.addr as Deno.NetAddr;
    this.address = { ip: hostname, port };
    this.#done = pump(this.#front, (bytes, from) => this.#fromClient(bytes, from));
  }

  /** The same for both directions. */
  set(path: Partial<Direction>): void {
    Object.assign(this.toServer, path);
    Object.assign(this.toClient, path);
  }

  /** From now on nothing passes, what is on its way included, until `mend`. */
  cut(): void {
    this.set({ loss: 1 });
    for (const { there, back } of this.#flows.values()) {
      there.clear();
      back.clear();
    }
  }

  mend(): void {
    this.set({ loss: 0 });
  }

  async close(): Promise<void> {
    this.#front.close();
    const flows = [...this.#flows.values()];
    for (const { there, back, socket } of flows) {
      there.clear();
      back.clear();
      socket.close();
    }
    await Promise.all([this.#done, ...flows.map(({ done }) => done)]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #fromClient(bytes: Uint8Array, from: Deno.Addr): void {
    this.fromClients++;
    const { hostname, port } = from as Deno.NetAddr;
    const key = `${hostname} ${port}`;
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      flow = this.#open(from);
      this.#flows.set(key, flow);
    }
    this.#pass(flow.there, this.toServer, bytes);
  }

  /** A client is one socket at the server, so that the server tells them apart. */
  #open(client: Deno.Addr): Flow {
    const hostname = this.address.ip;
    const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    const back = new Line((bytes) => send(this.#front, bytes, client));
    return {
      socket,
      there: new Line((bytes) => send(socket, bytes, this.#server)),
      back,
      done: pump(socket, (bytes) => this.#pass(back, this.toClient, bytes)),
    };
  }

  #pass(line: Line, { delayMs, jitter, loss }: Direction, bytes: Uint8Array): void {
    if (loss > 0 && this.#random() < loss) {
      this.lost++;
      return;
    }
    line.send(bytes, delayMs * (1 + jitter * this.#random()));
  }
}

interface Flow {
  readonly socket: Deno.DatagramConn;
  readonly there: Line;
  readonly back: Line;
  readonly done: Promise<void>;
}

/** Packets on their way, in order: several sends at once would overtake each other in the runtime. */
class Line {
  readonly #deliver: (bytes: Uint8Array) => Promise<void>;
  readonly #queue: { readonly bytes: Uint8Array; readonly due: number }[] = [];
  #wake: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #delivering = false;

  constructor(deliver: (bytes: Uint8Array) => Promise<void>) {
    this.#deliver = deliver;
  }

  send(bytes: Uint8Array, ms: number): void {
    const due = Math.max(performance.now() + ms, this.#queue.at(-1)?.due ?? 0);
    this.#queue.push({ bytes, due });
    if (!this.#delivering) this.#deliverAll();
  }

  clear(): void {
    this.#queue.length = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#wake?.();
  }

  async #deliverAll(): Promise<void> {
    this.#delivering = true;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const wait = next.due - performance.now();
      // A timer may be a little early.
      if (wait > 0.5) await this.#pause(wait);
      else await this.#deliver(this.#queue.shift()!.bytes);
    }
    this.#delivering = false;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }
}

/** What cannot be sent is lost, as on any path. */
async function send(socket: Deno.DatagramConn, bytes: Uint8Array, to: Deno.Addr): Promise<void> {
  await socket.send(bytes, to).catch(() => {});
}

async function pump(
  socket: Deno.DatagramConn,
  pass: (bytes: Uint8Array, from: Deno.Addr) => void,
): Promise<void> {
  for (;;) {
    try {
      const [bytes, from] = await socket.receive(new Uint8Array(2_048));
      pass(bytes, from);
    } catch (error) {
      // A server that is gone shows as a refused connection; packets to it are lost, and it may come back.
      if (!(error instanceof Deno.errors.ConnectionRefused)) return;
    }
  }
}

/** Mulberry32: the same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
