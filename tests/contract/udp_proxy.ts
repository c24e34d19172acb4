/** A UDP proxy on loopback for one client, which counts packets and can be cut. */
import type { SocketAddress } from "../../proto/socket_address.ts";

export class UdpProxy {
  readonly address: SocketAddress;
  /** Packets that came from the client so far. */
  fromClient = 0;

  readonly #front: Deno.DatagramConn;
  readonly #back: Deno.DatagramConn;
  readonly #server: Deno.NetAddr;
  readonly #done: Promise<unknown>;
  #client: Deno.Addr | null = null;
  #cut = false;

  constructor(server: SocketAddress) {
    this.#server = { transport: "udp", hostname: server.ip, port: server.port };
    this.#front = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    this.#back = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const { hostname, port } = this.#front.addr as Deno.NetAddr;
    this.address = { ip: hostname, port };
    this.#done = Promise.all([
      pump(this.#front, (bytes, from) => {
        this.fromClient++;
        this.#client = from;
        return this.#send(this.#back, bytes, this.#server);
      }),
      pump(this.#back, (bytes) => this.#send(this.#front, bytes, this.#client)),
    ]);
  }

  /** From now on nothing passes. */
  cut(): void {
    this.#cut = true;
  }

  async close(): Promise<void> {
    this.#front.close();
    this.#back.close();
    await this.#done;
  }

  async #send(socket: Deno.DatagramConn, bytes: Uint8Array, to: Deno.Addr | null): Promise<void> {
    if (!this.#cut && to !== null) await socket.send(bytes, to);
  }
}

async function pump(
  socket: Deno.DatagramConn,
  pass: (bytes: Uint8Array, from: Deno.Addr) => Promise<void>,
): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const [bytes, from] = await socket.receive(buffer);
      await pass(bytes, from);
    }
  } catch (error) {
    const closed = error instanceof Deno.errors.BadResource ||
      error instanceof Deno.errors.Interrupted;
    if (!closed) throw error;
  }
}
