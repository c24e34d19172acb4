/** Meshes of real relays, each on a loopback address of its own, and the people on them. */
import assert from "node:assert/strict";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { TestClient, TestClientOptions } from "../harness/test_client.ts";
import { SignalClient, type SignalClientOptions } from "../harness/signal_client.ts";
import { MeshNode } from "./mesh_node.ts";
import type { Edge } from "./topology.ts";
import { within } from "./within.ts";

export interface MeshOptions {
  readonly size: number;
  readonly edges: readonly Edge[];
  /** Default: `general`. */
  readonly globalRooms?: readonly string[];
  /** Further lines of a relay's configuration, by its number. */
  readonly config?: (node: number) => string;
  /** In which they are started, each after the one before it is ready; default: all at once. */
  readonly order?: readonly number[];
  /** Default: loopback addresses that nobody else has. */
  readonly addresses?: readonly SocketAddress[];
  /** Whether a relay listens on all addresses, by its number; default: on its own one only. */
  readonly everywhere?: (node: number) => boolean;
  /** Program and arguments a relay is started through, by its number. */
  readonly through?: (node: number) => readonly string[];
}

/** Somebody in a room. */
export interface Person {
  readonly client: TestClient;
  readonly node: MeshNode;
  readonly room: string;
}

/** Only a hang reaches it. */
const HANG_MS = 60_000;
const POLL_MS = 50;

export class Mesh implements AsyncDisposable {
  readonly nodes: readonly MeshNode[];
  readonly #edges: readonly Edge[];

  private constructor(nodes: readonly MeshNode[], edges: readonly Edge[]) {
    this.nodes = nodes;
    this.#edges = edges;
  }

  /** Relays that know of each other what the edges say, and do not run yet. */
  static make(options: MeshOptions): Mesh {
    const { size, edges, globalRooms = ["general"], config = () => "" } = options;
    const addresses = options.addresses ?? freeAddresses(size);
    const nodes = addresses.map((address, i) =>
      new MeshNode({
        name: String.fromCharCode(65 + i),
        address,
        globalRooms,
        everywhere: options.everywhere?.(i) ?? false,
        config: config(i),
        through: options.through?.(i) ?? [],
      })
    );
    for (const [from, to] of edges) introduce(nodes[from]!, nodes[to]!);
    return new Mesh(nodes, edges);
  }

  /** The same, running and linked. */
  static async start(options: MeshOptions): Promise<Mesh> {
    const mesh = Mesh.make(options);
    try {
      if (options.order === undefined) await Promise.all(mesh.nodes.map((node) => node.start()));
      else for (const i of options.order) await mesh.node(i).start();
      await mesh.linked();
      return mesh;
    } catch (error) {
      await mesh[Symbol.asyncDispose]();
      throw error;
    }
  }

  node(number: number): MeshNode {
    return this.nodes[number]!;
  }

  /** Waits until every edge between running relays is a link, as both ends count it. */
  async linked(): Promise<void> {
    const running = this.nodes.filter((node) => node.running);
    await Promise.all(running.map((node) => {
      const near = this.neighbours(node).filter((other) => other.running);
      return linksOf(node, (up) => near.every((other) => up.includes(other.name)));
    }));
  }

  neighbours(node: MeshNode): MeshNode[] {
    const number = this.nodes.indexOf(node);
    const others = this.#edges.filter((edge) => edge.includes(number)).flat();
    return [...new Set(others)].filter((other) => other !== number).map((i) => this.node(i));
  }

  /** Somebody new on a relay. */
  async join(
    number: number,
    room = "general",
    options: TestClientOptions = {},
  ): Promise<Person> {
    const node = this.node(number);
    const client = await (await node.clients()).join(room, options);
    return { client, node, room };
  }

  /** Somebody on a relay who can be called. */
  async register(number: number, options: SignalClientOptions = {}): Promise<SignalClient> {
    return await SignalClient.register(await this.node(number).clients(), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
  }
}

/** Tells the first to dial the second, and the second to trust the first, unless it knows it already. */
export function introduce(dialler: MeshNode, acceptor: MeshNode): void {
  const [a, b] = [dialler, acceptor];
  a.acquaintances = [
    ...a.acquaintances.filter(({ label }) => label !== b.name),
    { label: b.name, fingerprint: b.fingerprint, url: b.url },
  ];
  if (b.acquaintances.some(({ label }) => label === a.name)) return;
  b.acquaintances.push({ label: a.name, fingerprint: a.fingerprint });
}

/** Waits until the labels of a relay's links are as they should be. */
export async function linksOf(
  node: MeshNode,
  are: (labels: readonly string[]) => boolean,
): Promise<void> {
  const counted = async () => {
    const status = (await node.relay.counters())["wzp_federation_peer_status"] ?? {};
    return Object.entries(status).filter(([, up]) => up === 1).map(([label]) => label);
  };
  let labels: readonly string[] = [];
  await within(HANG_MS, () => `links of relay ${node.name}: ${labels.join(", ")}`, async (over) => {
    for (labels = await counted(); !are(labels); labels = await counted()) {
      if (over.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  });
}

/**
 * Waits until everybody's list holds these people and nobody else: once each, those of the own relay without a label and
 * all others with that of theirs.
 */
export async function everybodySees(
  people: readonly Person[],
  limitMs = HANG_MS,
): Promise<void> {
  await Promise.all(people.map((person) => sees(person, people, limitMs)));
}

/** The same for one of them. */
export async function sees(
  { client, node }: Person,
  people: readonly Person[],
  limitMs = HANG_MS,
): Promise<void> {
  const due = people.map((other) =>
    `${other.client.identity.fingerprint} ${other.node === node ? null : other.node.name}`
  ).sort().join("\n");
  const list = () =>
    (client.room?.participants ?? [])
      .map(({ fingerprint, relay_label }) => `${fingerprint} ${relay_label}`).sort().join("\n");
  const tell = () => `the list at relay ${node.name} is\n${list()}\nand not\n${due}`;
  await within(limitMs, tell, () => client.until(() => list() === due));
  assert.equal(client.room!.count, people.length);
}

/**
 * Loopback addresses with a free port each. Two runs at one time have other addresses, so that nobody takes the port
 * before the relay does; and relays that go by IP addresses can tell each other apart.
 */
export function freeAddresses(count: number): SocketAddress[] {
  const [a, b] = crypto.getRandomValues(new Uint8Array(2));
  return Array.from({ length: count }, (_, i) => {
    const hostname = `127.${1 + a! % 254}.${b}.${i + 1}`;
    const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    const { port } = socket.addr as Deno.NetAddr;
    socket.close();
    return { ip: hostname, port };
  });
}
