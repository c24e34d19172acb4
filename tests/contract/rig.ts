/** What each contract test stands on: two endpoints of a pair of transports, and connections between them. */
import { SENT } from "../../quic/port.ts";
import type {
  Connection,
  DialOptions,
  Endpoint,
  Incoming,
  Listener,
  ReceiveStream,
  Transport,
  TransportOptions,
} from "../../quic/port.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { makeCertificate, type TestCertificate } from "./certificate.ts";

/** A server and a client that must understand each other. */
export interface Pair {
  readonly name: string;
  readonly server: Transport;
  readonly client: Transport;
  /** The server's adapter refuses to listen where other machines could reach it. */
  readonly loopbackOnly?: boolean;
}

export interface RigOptions extends TransportOptions {
  /** Where both endpoints are; default 127.0.0.1. */
  readonly ip?: string;
}

/** The certificate of every server of the suite. */
export const certificate: TestCertificate = makeCertificate();

/** No contract test takes nearly as long on a working transport, however busy the machine. */
const TEST_LIMIT_MS = 120_000;

/** Two endpoints of which one listens. */
export class Rig {
  readonly server: Endpoint;
  readonly client: Endpoint;
  readonly listener: Listener;
  readonly #options: TransportOptions;

  private constructor(server: Endpoint, client: Endpoint, options: TransportOptions) {
    this.server = server;
    this.client = client;
    this.#options = options;
    this.listener = server.listen({ ...options, ...certificate });
  }

  static async open(pair: Pair, { ip = "127.0.0.1", ...options }: RigOptions): Promise<Rig> {
    const [server, client] = await Promise.all([
      pair.server.open({ ip, port: 0 }),
      pair.client.open({ ip, port: 0 }),
    ]);
    return new Rig(server, client, options);
  }

  /** Dials the server without anybody accepting. */
  dial(options: Partial<DialOptions> = {}): Promise<Connection> {
    return this.client.dial({
      address: this.server.localAddress,
      serverName: "room",
      pin: certificate.pin,
      timeoutMs: TEST_LIMIT_MS,
      ...this.#options,
      ...options,
    });
  }

  async incoming(): Promise<Incoming> {
    const incoming = await this.listener.next();
    if (incoming === null) throw new Error("The listener was stopped");
    return incoming;
  }

  /** A connection as the client and as the server see it. */
  async connect(options: Partial<DialOptions> = {}): Promise<[Connection, Connection]> {
    const accepted = this.incoming().then((incoming) => incoming.accept());
    return await Promise.all([this.dial(options), accepted]);
  }

  async close(): Promise<void> {
    await Promise.all([this.client.close(), this.server.close()]);
  }
}

/** Registers one contract test, which gets a rig of its own. */
export function contractTest(
  pair: Pair,
  name: string,
  run: (rig: Rig) => Promise<void>,
  options: RigOptions = {},
): void {
  const register = { name: `${pair.name}: ${name}`, sanitizeOps: true, sanitizeResources: true };
  Deno.test(register, async () => {
    const rig = await Rig.open(pair, options);
    try {
      await withLimit(run(rig));
    } finally {
      await rig.close();
    }
  });
}

/** Turns a test that would wait for ever into one that fails. */
export async function withLimit<T>(work: Promise<T>): Promise<T> {
  let timer;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("This test never ends")), TEST_LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for something that makes no event. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Recognisable bytes: another size, other bytes. */
export function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 0xff);
}

/** Everything up to the end of the stream. */
export async function readAll(stream: ReceiveStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks.map((chunk) => chunk.slice())).arrayBuffer());
}

/** Makes one side send back each datagram, and gives the other side's round trip. */
export function echo(
  near: Connection,
  far: Connection,
): (bytes: Uint8Array) => Promise<Uint8Array> {
  const answers: ((bytes: Uint8Array) => void)[] = [];
  far.onDatagram((bytes) => void far.sendDatagram(bytes));
  near.onDatagram((bytes) => answers.shift()?.(bytes));
  return (bytes) =>
    new Promise((resolve, reject) => {
      answers.push(resolve);
      const result = near.sendDatagram(bytes);
      if (result !== SENT) reject(new Error(`Not sent: ${result}`));
    });
}

/** The same address for comparison, whatever prototype it has. */
export function plain({ ip, port }: SocketAddress): SocketAddress {
  return { ip, port };
}
