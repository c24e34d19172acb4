/** Real WireGuard on machines of a test network: wireguard-go with a tunnel, and a program that talks through it. */
import type { Network } from "../harness/namespaces.ts";
import { namespaceObstacle } from "../harness/namespaces.ts";
import { OutputLog } from "../harness/output_log.ts";
import { root } from "../../tools/house/root.ts";

const LIMIT_MS = 60_000;

/** Why there can be no tunnels here, or null. For `testUnless`. */
export async function wireguardObstacle(): Promise<string | null> {
  const obstacle = await namespaceObstacle();
  if (obstacle !== null) return obstacle;
  try {
    await Deno.stat("/dev/net/tun");
    await output(["wg", "--version"]);
    await output(["wireguard-go", "--version"]);
    return null;
  } catch (error) {
    return `there is no WireGuard: ${error instanceof Error ? error.message : error}`;
  }
}

export interface KeyPair {
  readonly secret: string;
  readonly public: string;
}

export async function newKey(): Promise<KeyPair> {
  const secret = (await output(["wg", "genkey"])).trim();
  return { secret, public: (await output(["wg", "pubkey"], secret)).trim() };
}

/** A process on a machine; ends with its block. */
export class MachineProcess implements AsyncDisposable {
  readonly stdout: OutputLog;
  readonly #child: Deno.ChildProcess;

  constructor(words: readonly string[], env: Record<string, string> = {}) {
    const [program = "", ...args] = words;
    this.#child = new Deno.Command(program, {
      args,
      env,
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.stdout = new OutputLog(this.#child.stdout);
  }

  /** A program of this folder. */
  static deno(network: Network, machine: string, file: string, ...args: string[]): MachineProcess {
    const program = [Deno.execPath(), "run", "-A", "--no-check", `tests/namespace/${file}`];
    return new MachineProcess(network.command(machine, ...program, ...args));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
    await this.stdout.finished;
  }
}

export interface TunnelOptions {
  readonly key: KeyPair;
  /** In the tunnel. */
  readonly address: string;
  /** Listening port of its WireGuard. */
  readonly port: number;
  readonly peers: readonly { readonly key: KeyPair; readonly address: string }[];
  /** Of all of them. */
  readonly endpoint: string;
}

let tunnels = 0;

export class Tunnel implements AsyncDisposable {
  readonly #network: Network;
  readonly #machine: string;
  readonly #options: TunnelOptions;
  /** Control sockets are found by this name on all machines alike, so it is unique. */
  readonly #name = `wz${Deno.pid % 1e7}x${tunnels++}`;
  readonly #running = new AsyncDisposableStack();
  #talk!: MachineProcess;

  static async open(network: Network, machine: string, options: TunnelOptions): Promise<Tunnel> {
    const tunnel = new Tunnel(network, machine, options);
    try {
      await tunnel.#start();
      return tunnel;
    } catch (error) {
      await tunnel[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(network: Network, machine: string, options: TunnelOptions) {
    this.#network = network;
    this.#machine = machine;
    this.#options = options;
  }

  /** Waits until everybody asked has answered so often after this moment. */
  async hears(times: number): Promise<void> {
    await Promise.all(this.#options.peers.map(({ address }) => this.hearsFrom(address, times)));
  }

  async hearsFrom(address: string, times: number): Promise<void> {
    const { stdout } = this.#talk;
    const pattern = new RegExp(`^${address.replaceAll(".", "\\.")} answered \\d+$`, "m");
    await stdout.matchTimes(pattern, times, LIMIT_MS, stdout.text.length);
  }

  /** All that came until now. */
  get answers(): number {
    return this.#talk.stdout.text.match(/ answered \d+$/gm)?.length ?? 0;
  }

  /** Changes what WireGuard has, with the words of `wg set`. */
  async set(...words: string[]): Promise<void> {
    await output(this.#on("wg", "set", this.#name, ...words));
  }

  /** All peers are to be found there. */
  async turnTo(endpoint: string): Promise<void> {
    for (const { key } of this.#options.peers) {
      await this.set("peer", key.public, "endpoint", endpoint);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.disposeAsync();
  }

  async #start(): Promise<void> {
    const { key, address, port, peers, endpoint } = this.#options;
    const name = this.#name;
    const wireguard = new MachineProcess(
      this.#on("sh", "-c", 'exec wireguard-go -f "$1" 2>&1', "sh", name),
      { LOG_LEVEL: "verbose" },
    );
    this.#running.use(wireguard);
    await wireguard.stdout.match(/UAPI listener started/, LIMIT_MS);
    const secret = await Deno.makeTempFile();
    this.#running.defer(() => Deno.remove(secret));
    await Deno.writeTextFile(secret, key.secret);
    await this.set("private-key", secret, "listen-port", String(port));
    for (const peer of peers) {
      await this.set(
        ...["peer", peer.key.public, "allowed-ips", `${peer.address}/32`],
        ...["endpoint", endpoint, "persistent-keepalive", "1"],
      );
    }
    await output(this.#on("ip", "address", "add", `${address}/24`, "dev", name));
    await output(this.#on("ip", "link", "set", name, "up", "mtu", "1380"));
    const others = peers.map((peer) => peer.address);
    this.#talk = MachineProcess.deno(
      this.#network,
      this.#machine,
      "tunnel_talk.ts",
      address,
      ...others,
    );
    this.#running.use(this.#talk);
    await this.#talk.stdout.match(/^talking$/m, LIMIT_MS);
  }

  #on(...words: string[]): string[] {
    return this.#network.command(this.#machine, ...words);
  }
}

/** What a command prints; rejects when it fails. */
export async function output(words: readonly string[], input = ""): Promise<string> {
  const [program = "", ...args] = words;
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`${words.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}
