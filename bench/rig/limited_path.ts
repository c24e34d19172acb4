/** A UDP path for one client that lets so many bytes per second through to it, with a short queue in front. */
import type { SocketAddress } from "../../proto/socket_address.ts";

/** Like a modest router: about half a second at 30 kB/s; what comes on top is lost. */
const QUEUE_BYTES = 15_000;

export class LimitedPath {
  /** Where the client dials. */
  readonly address: SocketAddress;
  /** Packets to the client that did not fit. */
  lost = 0;
  readonly #front = socket();
  readonly #back = socket();
  readonly #queue: Uint8Array[] = [];
  readonly #bytesPerSecond: number;
  readonly #pumps: Promise<unknown>;
  readonly #timer: ReturnType<typeof setInterval>;
  #queued = 0;
  #credit = 0;
  #filledAt = performance.now();
  #client: Deno.Addr | null = null;

  constructor(server: SocketAddress, bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
    const { hostname, port } = this.#front.addr as Deno.NetAddr;
    this.address = { ip: hostname, port };
    const to: Deno.NetAddr = { transport: "udp", hostname: server.ip, port: server.port };
    this.#pumps = Promise.all([
      pump(this.#front, (bytes, from) => {
        this.#client = from;
        send(this.#back, bytes, to);
      }),
      pump(this.#back, (bytes) => this.#enqueue(bytes)),
    ]);
    this.#timer = setInterval(() => this.#drain(), 2);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#front.close();
    this.#back.close();
    await this.#pumps;
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.#queued + bytes.length > QUEUE_BYTES) {
      this.lost += 1;
      return;
    }
    this.#queued += bytes.length;
    this.#queue.push(bytes);
  }

  #drain(): void {
    const now = performance.now();
    this.#credit += (now - this.#filledAt) / 1000 * this.#bytesPerSecond;
    this.#filledAt = now;
    for (let next = this.#queue[0]; next !== undefined && next.length <= this.#credit;) {
      this.#credit -= next.length;
      this.#queued -= next.length;
      this.#queue.shift();
      send(this.#front, next, this.#client!);
      next = this.#queue[0];
    }
    if (this.#queue.length === 0) this.#credit = Math.min(this.#credit, 3_000);
  }
}

function socket(): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
}

/** What cannot be sent is lost, as on any path. */
function send(socket: Deno.DatagramConn, bytes: Uint8Array, to: Deno.Addr): void {
  socket.send(bytes, to).catch(() => {});
}

async function pump(
  socket: Deno.DatagramConn,
  pass: (bytes: Uint8Array, from: Deno.Addr) => void,
): Promise<void> {
  try {
    for (;;) {
      const [bytes, from] = await socket.receive(new Uint8Array(2_048));
      pass(bytes, from);
    }
  } catch {
    return; // Closed.
  }
}
